// Timers: a coroutine sleeps by waiting for one, a timeout is one that is cancelled.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "adapter.hpp"
#include "suites/kit/share.hpp"
#include "suites/time/sleep_storm.hpp"
#include "suites/time/timeout_churn.hpp"

namespace contender {

class sleeping_coroutines {
public:
    using clock = std::chrono::steady_clock;

    void start(clock::time_point begin, std::vector<std::int64_t>& late) {
        run_to_end(start_all(begin, late));
    }
    void await_end() { ended_.wait_outside(); }

private:
    task<> start_all(clock::time_point begin, std::vector<std::int64_t>& late) {
        wait_group reported;
        reported.add(late.size());
        ended_.add(late.size());
        for (std::size_t sleeper = 0; sleeper < late.size(); ++sleeper) {
            contender::start(
                sleep(begin + suite::time::wake_after(sleeper), late[sleeper], reported));
        }
        co_await reported.wait();
    }

    task<> sleep(clock::time_point due, std::int64_t& late_ns, wait_group& reported) {
        co_await queued();
        reported.done();
        co_await sleep_until(due);
        late_ns = std::chrono::nanoseconds(clock::now() - due).count();
        ended_.done();
    }

    wait_group ended_;
};

/// A timer calls what waits for it also when it is cancelled, and says so. Each task lets those
/// calls run before it starts its next timer: they would pile up behind it otherwise.
class cancelled_timers {
public:
    explicit cancelled_timers(suite::time::count_fired function) : function_(function) {}

    void start_others(std::size_t count) {
        others_.reserve(count);
        for (std::size_t other = 0; other < count; ++other) {
            others_.emplace_back(pool_of_run::get_executor(),
                                 suite::time::timeout_of_others + std::chrono::milliseconds(other));
            begin(others_.back());
        }
    }

    void churn(std::uint64_t timers, std::vector<std::uint64_t>& stopped) {
        run_to_end(churn_all(timers, stopped));
    }

    std::size_t stop_others() {
        std::size_t stopped = 0;
        for (timer& other : others_) {
            stopped += other.cancel();
        }
        return stopped;
    }

private:
    void begin(timer& pending) {
        pending.async_wait([function = function_](error_code cancelled) {
            if (!cancelled) {
                function();
            }
        });
    }

    task<> churn_all(std::uint64_t timers, std::vector<std::uint64_t>& stopped) {
        wait_group ended;
        ended.add(stopped.size());
        for (std::size_t each = 0; each < stopped.size(); ++each) {
            start(start_and_stop(suite::share_of(timers, stopped.size(), each), stopped[each],
                                 ended));
        }
        co_await ended.wait();
    }

    task<> start_and_stop(std::uint64_t timers, std::uint64_t& result, wait_group& ended) {
        co_await queued();
        std::uint64_t stopped = 0;
        for (std::uint64_t number = 0; number < timers; ++number) {
            timer pending(pool_of_run::get_executor(), suite::time::timeout);
            begin(pending);
            stopped += pending.cancel();
            co_await queued();
        }
        result = stopped;
        ended.done();
    }

    suite::time::count_fired function_;
    std::vector<timer> others_;
};

/// What is the same in all of them: where the form stands.
struct time_idiom {
    static constexpr std::string_view source = "baselines/asio/time_idioms.hpp";
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::asio_coroutines, time::sleep_storm_workload> : contender::time_idiom {
    using body = time::sleep_storm_of<contender::sleeping_coroutines>;
};

template <>
struct idiom<contender::asio_coroutines, time::timeout_churn_workload> : contender::time_idiom {
    using body = time::timeout_churn_of<contender::cancelled_timers>;
};

}  // namespace suite
