// fanout/request: one request issues sub-requests to backends that answer after a while, and waits
// for all of them, for the first of them, or for all of them for so long.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "suites/fanout/request_plan.hpp"
#include "suites/kit/workload.hpp"

namespace suite::fanout {

/// `Issue::issue(plan, request)` does one request and returns what it saw and when its wait was
/// over; every sub-request has ended by then.
template <class Issue>
class request_of {
public:
    explicit request_of(const settings& run) : plan_(run) {}

    std::uint64_t repeat(meter& stopwatch) {
        plan_.forget();
        stopwatch.start();
        for (std::size_t request = 0; request < plan_.requests(); ++request) {
            const auto began = std::chrono::steady_clock::now();
            const auto [seen, ended] = Issue::issue(plan_, request);
            plan_.conclude(request, seen, ended - began);
        }
        stopwatch.stop();
        return plan_.check(stopwatch);
    }

private:
    request_plan plan_;
};

struct request_end {
    answers_seen seen;
    std::chrono::steady_clock::time_point at;
};

/// Answers come on a channel that holds all of them; another one is closed to cancel the rest.
template <class C>
requires has_tasks<C> && has_selects<C> && has_timers<C>
struct select_requests {
    using channel = decltype(C::template make_channel<std::uint64_t>(0));

    static request_end issue(request_plan& plan, std::size_t request) {
        channel answers = C::template make_channel<std::uint64_t>(plan.fan());
        channel cancelled = C::template make_channel<std::uint64_t>(0);
        typename C::wait_group ended;
        ended.add(static_cast<std::int64_t>(plan.fan()));
        for (std::size_t sub_request = 0; sub_request < plan.fan(); ++sub_request) {
            C::spawn([&plan, request, sub_request, answers, cancelled, &ended]() mutable {
                if (wait(cancelled, plan.delay(request, sub_request))) {
                    plan.mark_answered(request, sub_request);
                    answers.send(sub_request);
                } else {
                    plan.mark_cancelled(request, sub_request);
                }
                ended.done();
            });
        }
        request_end end{collect(plan, answers), std::chrono::steady_clock::now()};
        cancelled.close();
        ended.wait();
        return end;
    }

private:
    /// What a backend does; false when it was cancelled.
    static bool wait(channel& cancelled, std::chrono::nanoseconds delay) {
        std::array<channel, 1> only{cancelled};
        return delay == std::chrono::nanoseconds::zero() || C::recv_any_for(only, delay).first != 0;
    }

    static answers_seen collect(const request_plan& plan, channel& answers) {
        answers_seen seen;
        if (plan.mode() == request_mode::timeout) {
            collect_in_time(plan, answers, seen);
            return seen;
        }
        for (std::size_t count = 0; count < plan.wanted(); ++count) {
            seen.take(answers.recv().value());
        }
        return seen;
    }

    static void collect_in_time(const request_plan& plan, channel& answers, answers_seen& seen) {
        channel late = C::template make_channel<std::uint64_t>(0);
        auto timer = C::start_timer(request_timeout, [late]() mutable { late.close(); });
        std::array<channel, 2> both{answers, late};
        for (std::size_t count = 0; count < plan.wanted(); ++count) {
            const auto [index, answer] = C::recv_any(both);
            if (index != 0) {
                return;
            }
            seen.take(answer.value());
        }
        timer.stop();
    }
};

struct request_workload {
    static constexpr std::array<std::string_view, 3> parameters{"fan", "backend", "mode"};
    static constexpr workload_info info{.id = "fanout/request",
                                        .version = 1,
                                        .source = "suites/fanout/request.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels, capability::selects,
                                      capability::timers};
    template <class C>
    using body = request_of<select_requests<C>>;
};

}  // namespace suite::fanout
