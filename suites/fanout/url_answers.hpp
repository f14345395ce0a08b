// What is asked of the delay server in fanout/urls, and whether all of it came back.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "suites/fanout/http_get.hpp"
#include "suites/kit/settings.hpp"

namespace suite::fanout {

/// One slot for each URL; different URLs may be reported from different threads at once.
class url_answers {
public:
    /// Raises the process's descriptor limit, since all URLs may be fetched at once.
    explicit url_answers(const settings& run);

    std::size_t size() const { return slots_.size(); }
    const server& peer() const { return peer_; }
    const std::string& target() const { return target_; }

    void forget();
    void take(std::size_t url, const http_answer& answer);
    void fail(std::size_t url, const std::exception& error);

    /// Throws wrong_result unless each URL was answered rightly so many times, and rethrows what
    /// kept one from being fetched. Returns the number of right answers.
    std::uint64_t check(std::int64_t times) const;

private:
    struct slot {
        std::int64_t right = 0;
        std::string wrong;
        std::exception_ptr failure;
    };

    server peer_;
    std::string target_;
    std::string body_;
    std::vector<slot> slots_;
};

}  // namespace suite::fanout
