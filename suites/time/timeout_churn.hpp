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
#include "suites/kit/workload.hpp"

namespace suite::time {

/// What a timer calls that was not stopped.
struct count_fired {
    std::atomic<std::uint64_t>* fired;
    void operator()() const { fired->fetch_add(1, std::memory_order_relaxed); }
};

template <class C>
requires has_tasks<C> && has_timers<C>
class timeout_churn {
public:
    explicit timeout_churn(const settings& run)
        : timers_(static_cast<std::uint64_t>(run.operations)),
          pending_(static_cast<std::size_t>(run.number("pending"))),
          stopped_(static_cast<std::size_t>(run.workers)) {}

    std::uint64_t repeat(meter& stopwatch) {
        std::vector<timer> others = start_others();
        typename C::wait_group ended;
        ended.add(static_cast<std::int64_t>(stopped_.size()));
        stopwatch.start();
        for (std::size_t task = 0; task < stopped_.size(); ++task) {
            C::spawn([this, task, &ended] {
                stopped_[task] = churn(share(task));
                ended.done();
            });
        }
        ended.wait();
        stopwatch.stop();
        stop_others(others);
        require_equal(std::accumulate(stopped_.begin(), stopped_.end(), std::uint64_t{0}), timers_,
                      "timers that were stopped in time");
        require_equal(fired_.load(std::memory_order_relaxed), std::uint64_t{0},
                      "timers that fired");
        return timers_;
    }

private:
    using timer = decltype(C::start_timer(std::chrono::nanoseconds{}, std::declval<count_fired>()));

    // Neither is ever reached. A request's timeout is due before those that are for minutes.
    static constexpr std::chrono::nanoseconds timeout = std::chrono::seconds(10);
    static constexpr std::chrono::nanoseconds timeout_of_others = std::chrono::hours(1);

    std::vector<timer> start_others() {
        std::vector<timer> others;
        others.reserve(pending_);
        for (std::size_t other = 0; other < pending_; ++other) {
            others.push_back(C::start_timer(timeout_of_others + std::chrono::milliseconds(other),
                                            count_fired{&fired_}));
        }
        return others;
    }

    void stop_others(std::vector<timer>& others) {
        std::size_t stopped = 0;
        for (timer& other : others) {
            stopped += other.stop() ? 1 : 0;
        }
        require_equal(std::uint64_t{stopped}, std::uint64_t{pending_},
                      "pending timers that were stopped in time");
    }

    /// How many of the timers were stopped in time.
    std::uint64_t churn(std::uint64_t timers) {
        std::uint64_t stopped = 0;
        for (std::uint64_t number = 0; number < timers; ++number) {
            timer pending = C::start_timer(timeout, count_fired{&fired_});
            stopped += pending.stop() ? 1 : 0;
        }
        return stopped;
    }

    std::uint64_t share(std::size_t task) const {
        return timers_ / stopped_.size() + (task < timers_ % stopped_.size() ? 1 : 0);
    }

    std::uint64_t timers_;
    std::size_t pending_;
    std::vector<std::uint64_t> stopped_;  // by each task
    std::atomic<std::uint64_t> fired_{0};
};

struct timeout_churn_workload {
    static constexpr std::array<std::string_view, 1> parameters{"pending"};
    static constexpr workload_info info{.id = "time/timeout_churn",
                                        .version = 1,
                                        .source = "suites/time/timeout_churn.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::timers};
    template <class C>
    using body = timeout_churn<C>;
};

}  // namespace suite::time
