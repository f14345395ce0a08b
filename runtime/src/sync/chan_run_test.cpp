// Channels and other meeting points that live longer than a run: what waited in it is gone.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/detail/chan_core.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <chrono>
#include <thread>

namespace weft {
namespace {

class chan_run_test : public sched::at_procs {
protected:
    /// Ends a run while three goroutines wait in `ch`, one each way.
    void abandon_waiters(const chan<int>& empty, const chan<int>& full) {
        run(
            [&] {
                go([&empty] { empty.recv(); });
                go([&full] { full.send(1); });
                go([&empty, &full] { select(on_recv(empty), on_send(full, 2)); });
                sched::yield_until_parked(3);
            },
            {.procs = GetParam()});
    }
};

TEST_P(chan_run_test, outside_run_nobody_waits_any_more) {
    const auto empty = make_chan<int>();
    const auto full = make_chan<int>();
    abandon_waiters(empty, full);
    int value = 3;
    EXPECT_FALSE(empty.try_send(value));
    EXPECT_EQ(full.try_recv(value), recv_status::empty);
    EXPECT_EQ(value, 3);
    empty.close();
    full.close();
}

TEST_P(chan_run_test, in_the_next_run_nobody_waits_any_more) {
    const auto empty = make_chan<int>();
    const auto full = make_chan<int>();
    abandon_waiters(empty, full);
    in_run([&] {
        int value = 3;
        EXPECT_FALSE(empty.try_send(value));
        EXPECT_EQ(full.try_recv(value), recv_status::empty);
        go([&] { empty.send(4); });
        EXPECT_EQ(empty.recv(), 4);
        go([&] { EXPECT_EQ(full.recv(), 5); });
        full.send(5);
        full.close();
        empty.close();
    });
}

TEST_P(chan_run_test, what_a_closure_that_never_started_does_when_destroyed_wakes_nobody) {
    struct closes {
        chan<int> ch;
        explicit closes(chan<int> which) : ch(std::move(which)) {}
        closes(closes&& other) noexcept = default;
        ~closes() {
            if (ch) {
                ch.close();
            }
        }
        void operator()() const {}
    };
    const auto waited_on = make_chan<int>();
    run(
        [&] {
            go([&waited_on] { waited_on.recv(); });
            sched::yield_until_parked(1);
            // On one processor it does not start before main's end.
            go(closes(waited_on));
        },
        {.procs = 1});
    EXPECT_FALSE(waited_on.recv().has_value()) << "it was closed";
}

/// The keeper asks so whether a timer holds the report of a deadlock up. The thread sanitizer finds
/// it out when the queue's run is not read atomically.
TEST_P(chan_run_test, whether_somebody_waits_may_be_asked_while_somebody_comes) {
    in_run([] {
        detail::waiter_queue queue;
        detail::waiter waits;
        std::thread comes([&] { queue.push(waits); });
        while (!queue.waited_on()) {
            std::this_thread::yield();
        }
        comes.join();
    });
}

TEST_P(chan_run_test, buffered_values_survive) {
    const auto ch = make_chan<int>(2);
    in_run([&ch] { ch.send(1); });
    ch.send(2);
    in_run([&ch] {
        EXPECT_EQ(ch.recv(), 1);
        EXPECT_EQ(ch.recv(), 2);
    });
}

TEST_P(chan_run_test, timers_of_an_earlier_run_are_gone) {
    recv_chan<time_point> pending;
    recv_chan<time_point> fired;
    in_run([&] {
        pending = after(std::chrono::hours(1));
        fired = after(std::chrono::nanoseconds(1));
        sleep(std::chrono::milliseconds(1));
    });
    in_run([&] {
        pending = {};
        fired = {};
    });
}

TEST_P(chan_run_test, a_wait_group_of_an_earlier_run_wakes_nobody) {
    wait_group group;
    group.add(1);
    run(
        [&group] {
            go([&group] { group.wait(); });
            sched::yield_until_parked(1);
        },
        {.procs = GetParam()});
    in_run([&group] { group.done(); });
}

TEST_P(chan_run_test, a_mutex_of_an_earlier_run_wakes_nobody) {
    mutex guard;
    guard.lock();
    run(
        [&guard] {
            go([&guard] { guard.lock(); });
            sched::yield_until_parked(1);
        },
        {.procs = GetParam()});
    guard.unlock();
    in_run([&guard] {
        guard.lock();
        guard.unlock();
    });
}

INSTANTIATE_TEST_SUITE_P(procs, chan_run_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
