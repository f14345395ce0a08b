// Under fetching and under serving: one thread and epoll.
#pragma once

#include <cstdint>
#include <string>

#include "adapter.hpp"
#include "epoll_fetch.hpp"
#include "epoll_server.hpp"
#include "suites/fanout/churn.hpp"
#include "suites/fanout/echo.hpp"
#include "suites/fanout/urls.hpp"

namespace floors {

class polled_urls {
public:
    explicit polled_urls(const suite::settings& run)
        : answers_(run), operations_(run.operations), at_once_(choose(run.text("mode"))) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        answers_.forget();
        stopwatch.start();
        for (std::int64_t time = 0; time < operations_; ++time) {
            epoll_fetch(answers_, at_once_);
        }
        stopwatch.stop();
        return answers_.check(operations_);
    }

private:
    std::size_t choose(const std::string& mode) const {
        if (mode == "sequential") {
            return 1;
        }
        if (mode == "pool") {
            return suite::fanout::pool_size;
        }
        if (mode == "all_at_once") {
            return answers_.size();
        }
        throw suite::usage_error("mode is sequential, all_at_once or pool, not '" + mode + "'");
    }

    suite::fanout::url_answers answers_;
    std::int64_t operations_;
    std::size_t at_once_;
};

}  // namespace floors

namespace suite {

template <>
struct idiom<floors::floor_of, fanout::urls_workload> {
    using body = floors::polled_urls;
    static constexpr std::string_view source = "baselines/floors/fanout_idioms.hpp";
};

template <>
struct idiom<floors::floor_of, fanout::echo_workload> {
    using body = fanout::echo_of<floors::loaded_epoll_server<floors::service::send_back>>;
    static constexpr std::string_view source = "baselines/floors/epoll_server.cpp";
};

template <>
struct idiom<floors::floor_of, fanout::churn_workload> {
    using body = fanout::churn_of<floors::loaded_epoll_server<floors::service::end>>;
    static constexpr std::string_view source = "baselines/floors/epoll_server.cpp";
};

}  // namespace suite
