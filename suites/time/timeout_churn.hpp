// time/timeout_churn: timers are started and stopped before they fire, as timeouts mostly are.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/workload.hpp"

namespace suite::time {

/// What a timer calls that was not stopped.
struct count_fired {
    std::atomic<std::uint64_t>* fired;
    void operator()() const { fired->fetch_add(1, std::memory_order_relaxed); }
};

// Neither is ever reached. A request's timeout is due before those that are for minutes.
inline constexpr std::chrono::nanoseconds timeout = std::chrono::seconds(10);
inline constexpr std::chrono::nanoseconds timeout_of_others = std::chrono::hours(1);

/// `Form` starts and stops timers that call what it is made with: `start_others(count)`;
/// `churn(timers, stopped)`, by a task for each place of `stopped`, which it leaves there how many
/// of its share of the timers were stopped in time; `stop_others()`, which returns that, too.
template <class Form>
class timeout_churn_of {
public:
    explicit timeout_churn_of(const settings& run)
        : timers_(static_cast<std::uint64_t>(run.operations)),
          pending_(static_cast<std::size_t>(run.number("pending"))),
          stopped_(static_cast<std::size_t>(run.workers)) {}

    std::uint64_t repeat(meter& stopwatch) {
        Form form(count_fired{&fired_});
        form.start_others(pending_);
        stopwatch.start();
        form.churn(timers_, stopped_);
        stopwatch.stop();
        require_equal(std::uint64_t{form.stop_others()}, std::uint64_t{pending_},
                      "pending timers that were stopped in time");
        require_equal(std::accumulate(stopped_.begin(), stopped_.end(), std::uint64_t{0}), timers_,
                      "timers that were stopped in time");
        require_equal(fired_.load(std::memory_order_relaxed), std::uint64_t{0},
                      "timers that fired");
        return timers_;
    }

private:
    std::uint64_t timers_;
    std::size_t pending_;
    std::vector<std::uint64_t> stopped_;  // by each task
    std::atomic<std::uint64_t> fired_{0};
};

template <class C>
requires has_tasks<C> && has_timers<C>
class function_timers {
public:
    explicit function_timers(count_fired function) : function_(function) {}

    void start_others(std::size_t count) {
        others_.reserve(count);
        for (std::size_t other = 0; other < count; ++other) {
            others_.push_back(
                C::start_timer(timeout_of_others + std::chrono::milliseconds(other), function_));
        }
    }

    void churn(std::uint64_t timers, std::vector<std::uint64_t>& stopped) {
        typename C::wait_group ended;
        ended.add(static_cast<std::int64_t>(stopped.size()));
        for (std::size_t task = 0; task < stopped.size(); ++task) {
            C::spawn([this, share = share_of(timers, stopped.size(), task), &result = stopped[task],
                      &ended] {
                result = start_and_stop(share);
                ended.done();
            });
        }
        ended.wait();
    }

    std::size_t stop_others() {
        std::size_t stopped = 0;
        for (timer& other : others_) {
            stopped += other.stop() ? 1 : 0;
        }
        return stopped;
    }

private:
    using timer = decltype(C::start_timer(std::chrono::nanoseconds{}, std::declval<count_fired>()));

    std::uint64_t start_and_stop(std::uint64_t timers) const {
        std::uint64_t stopped = 0;
        for (std::uint64_t number = 0; number < timers; ++number) {
            timer pending = C::start_timer(timeout, function_);
            stopped += pending.stop() ? 1 : 0;
        }
        return stopped;
    }

    count_fired function_;
    std::vector<timer> others_;
};

struct timeout_churn_workload {
    static constexpr std::array<std::string_view, 1> parameters{"pending"};
    static constexpr workload_info info{.id = "time/timeout_churn",
                                        .version = 1,
                                        .source = "suites/time/timeout_churn.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::timers};
    template <class C>
    using body = timeout_churn_of<function_timers<C>>;
};

}  // namespace suite::time
