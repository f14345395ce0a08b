// fanout/urls: fetch slow URLs one by one, all at once, or by a pool of ten tasks.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/fanout/http_get.hpp"
#include "suites/fanout/url_answers.hpp"
#include "suites/kit/workload.hpp"

namespace suite::fanout {

inline constexpr int pool_size = 10;

template <class C>
requires has_tasks<C> && has_channels<C> && has_byte_streams<C>
class urls {
public:
    explicit urls(const settings& run)
        : answers_(run), operations_(run.operations), fetch_all_(choose(run.text("mode"))) {}

    std::uint64_t repeat(meter& stopwatch) {
        answers_.forget();
        stopwatch.start();
        for (std::int64_t time = 0; time < operations_; ++time) {
            (this->*fetch_all_)();
        }
        stopwatch.stop();
        return answers_.check(operations_);
    }

private:
    using fetcher = void (urls::*)();

    static fetcher choose(const std::string& mode) {
        if (mode == "sequential") {
            return &urls::sequential;
        }
        if (mode == "all_at_once") {
            return &urls::all_at_once;
        }
        if (mode == "pool") {
            return &urls::pool;
        }
        throw usage_error("mode is sequential, all_at_once or pool, not '" + mode + "'");
    }

    void fetch(std::size_t url) {
        // No exception may leave a task, so a failure becomes the URL's answer.
        try {
            auto stream = C::connect(answers_.peer());
            answers_.take(url, http_get(stream, answers_.peer(), answers_.target()));
            stream.close();
        } catch (const std::exception& error) {
            answers_.fail(url, error);
        }
    }

    void sequential() {
        for (std::size_t url = 0; url < answers_.size(); ++url) {
            fetch(url);
        }
    }

    void all_at_once() {
        typename C::wait_group fetched;
        fetched.add(static_cast<std::int64_t>(answers_.size()));
        for (std::size_t url = 0; url < answers_.size(); ++url) {
            C::spawn([this, url, &fetched] {
                fetch(url);
                fetched.done();
            });
        }
        fetched.wait();
    }

    void pool() {
        auto queue = C::template make_channel<std::uint64_t>(0);
        typename C::wait_group working;
        working.add(pool_size);
        for (int worker = 0; worker < pool_size; ++worker) {
            C::spawn([this, queue, &working]() mutable {
                while (const auto url = queue.recv()) {
                    fetch(*url);
                }
                working.done();
            });
        }
        for (std::size_t url = 0; url < answers_.size(); ++url) {
            queue.send(url);
        }
        queue.close();
        working.wait();
    }

    url_answers answers_;
    std::int64_t operations_;
    fetcher fetch_all_;
};

struct urls_workload {
    static constexpr std::array<std::string_view, 3> parameters{"urls", "delay_ms", "mode"};
    static constexpr workload_info info{.id = "fanout/urls",
                                        .version = 1,
                                        .source = "suites/fanout/urls.hpp",
                                        .parameters = parameters,
                                        .needs_server = true};
    static constexpr std::array needs{capability::byte_streams, capability::tasks,
                                      capability::channels};
    template <class C>
    using body = urls<C>;
};

}  // namespace suite::fanout
