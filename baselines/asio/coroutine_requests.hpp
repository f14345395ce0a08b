// fanout/request with timers in a strand.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "suites/fanout/request.hpp"
#include "tasks.hpp"

namespace contender {

/// One request and its sub-requests, all of them in one strand, where they need no lock. Each waits
/// for a timer, which is also how it is woken before its time: by being cancelled.
class request_in_strand {
public:
    request_in_strand(suite::fanout::request_plan& plan, std::size_t request)
        : plan_(plan), request_(request) {
        for (std::size_t each = 0; each < plan.fan(); ++each) {
            backends_.emplace_back(pool_of_run::get_executor());
        }
    }

    strand_task<suite::fanout::request_end> issue(strand here) {
        ended_.add(plan_.fan());
        for (std::size_t each = 0; each < plan_.fan(); ++each) {
            start_in(here, ask(each));
        }
        if (plan_.mode() == suite::fanout::request_mode::timeout) {
            enough_.expires_after(suite::fanout::request_timeout);
        } else {
            enough_.expires_at(timer::time_point::max());
        }
        co_await enough_.async_wait(as_result);
        const suite::fanout::request_end end{seen_, std::chrono::steady_clock::now()};
        over_ = true;
        for (timer& backend : backends_) {
            backend.cancel();
        }
        co_await ended_.wait();
        co_return end;
    }

private:
    strand_task<> ask(std::size_t sub_request) {
        co_await queued();
        // Not within the condition, which GCC 12 would give the frame's first place to.
        const bool answered = co_await answers(sub_request);
        if (answered) {
            plan_.mark_answered(request_, sub_request);
            take(sub_request);
        } else {
            plan_.mark_cancelled(request_, sub_request);
        }
        ended_.done();
    }

    /// What a backend does; false when it was cancelled.
    strand_task<bool> answers(std::size_t sub_request) {
        const std::chrono::nanoseconds delay = plan_.delay(request_, sub_request);
        if (delay == std::chrono::nanoseconds::zero()) {
            co_return true;
        }
        if (over_) {
            co_return false;
        }
        timer& backend = backends_[sub_request];
        backend.expires_after(delay);
        const auto [cancelled] = co_await backend.async_wait(as_result);
        co_return !cancelled;
    }

    void take(std::size_t sub_request) {
        if (!over_ && count_ < plan_.wanted()) {
            seen_.take(sub_request);
            if (++count_ == plan_.wanted()) {
                enough_.cancel();
            }
        }
    }

    suite::fanout::request_plan& plan_;
    std::size_t request_;
    timer enough_{pool_of_run::get_executor()};
    std::deque<timer> backends_;
    wait_group ended_;
    suite::fanout::answers_seen seen_;
    std::size_t count_ = 0;
    bool over_ = false;
};

/// As suite::fanout::request_of, in one coroutine.
template <class Request>
class coroutine_requests {
public:
    explicit coroutine_requests(const suite::settings& run) : plan_(run) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        const strand here = asio::make_strand(pool_of_run::get_executor());
        return run_to_end_in(here, issue_all(here, stopwatch));
    }

private:
    strand_task<std::uint64_t> issue_all(strand here, suite::meter& stopwatch) {
        plan_.forget();
        stopwatch.start();
        for (std::size_t request = 0; request < plan_.requests(); ++request) {
            const auto began = std::chrono::steady_clock::now();
            Request current(plan_, request);
            const auto [seen, ended] = co_await current.issue(here);
            plan_.conclude(request, seen, ended - began);
        }
        stopwatch.stop();
        co_return plan_.check(stopwatch);
    }

    suite::fanout::request_plan plan_;
};

}  // namespace contender
