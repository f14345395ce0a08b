#include <weft/time.hpp>

#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <limits>
#include <vector>

namespace weft {
namespace {

using sched::repeated;
using namespace std::chrono_literals;

class time_test : public sched::at_procs {};

TEST_P(time_test, sleep_is_never_early) {
    in_run([] {
        for (const auto d : {1us, 20us, 300us, 5000us}) {
            const auto begin = now();
            sleep(d);
            EXPECT_GE(now() - begin, d);
        }
        sleep(0s);
        sleep(-1h);
    });
}

TEST_P(time_test, durations_of_any_kind_are_rounded_up_and_saturate) {
    EXPECT_EQ(detail::saturated_ns(std::chrono::duration<double>(1e-10)), 1);
    EXPECT_EQ(detail::saturated_ns(std::chrono::duration<float, std::milli>(0.5F)), 500'000);
    EXPECT_EQ(detail::saturated_ns(-1ns), 0);
    EXPECT_EQ(detail::saturated_ns(std::chrono::nanoseconds::min()), 0);
    EXPECT_EQ(detail::saturated_ns(std::chrono::hours::min()), 0);
    const std::int64_t never = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(detail::saturated_ns(std::chrono::nanoseconds::max()), never);
    EXPECT_EQ(detail::saturated_ns(std::chrono::hours::max()), never);
    EXPECT_EQ(detail::saturated_ns(
                  std::chrono::duration<double>(std::numeric_limits<double>::infinity())),
              never);
    EXPECT_EQ(detail::saturated_ns(std::chrono::hours(24)), 86'400'000'000'000);
    in_run([] {
        EXPECT_EQ(select(on_timeout(std::chrono::nanoseconds::max()),
                         on_recv(after(std::chrono::nanoseconds::min()))),
                  1U);
    });
}

TEST_P(time_test, after_gives_the_due_time_once) {
    in_run([] {
        const auto begin = now();
        const auto timer = after(2ms);
        EXPECT_EQ(timer.len(), 0U);
        EXPECT_EQ(timer.cap(), 0U);
        const time_point due = timer.recv().value();
        EXPECT_GE(due - begin, 2ms);
        EXPECT_LE(due, now());
        EXPECT_EQ(timer.len(), 0U);
        time_point again;
        EXPECT_EQ(timer.try_recv(again), recv_status::empty);
    });
}

TEST_P(time_test, a_timer_fires_whether_or_not_somebody_waits_yet) {
    in_run([] {
        const auto early = after(0s);
        sleep(1ms);
        EXPECT_EQ(early.len(), 0U);
        time_point due;
        sched::yield_until([&] { return early.try_recv(due) == recv_status::success; });
    });
}

TEST_P(time_test, one_of_those_who_wait_for_a_timer_gets_it) {
    in_run([] {
        const auto timer = after(1ms);
        const auto stop = make_chan<unit>();
        std::atomic<int> got{0};
        wait_group all;
        for (int i = 0; i < 3; ++i) {
            all.go([&, timer, stop] { got += select(on_recv(timer), on_recv(stop)) == 0 ? 1 : 0; });
        }
        sched::yield_until([&got] { return got == 1; });
        stop.close();
        all.wait();
        EXPECT_EQ(got, 1);
    });
}

TEST_P(time_test, zero_delays_always_fire) {
    in_run([] {
        for (int i = 0; i < repeated(10'000); ++i) {
            EXPECT_TRUE(after(0s).recv().has_value());
        }
    });
}

TEST_P(time_test, timers_complete_in_the_order_of_their_times) {
    in_run([] {
        // All are armed within one slot, or the times are in another order than the slots.
        for (bool useful = false; !useful;) {
            const auto begin = now();
            std::vector<recv_chan<time_point>> timers;
            for (const int slot : {5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0}) {
                timers.push_back(after(5ms + slot * 1ms));
            }
            useful = now() - begin < 1ms;
            std::vector<time_point> dues;
            for (const auto& each : timers) {
                dues.push_back(each.recv().value());
            }
            if (useful) {
                EXPECT_LT(dues[12], dues[5]);
                EXPECT_LT(dues[6], dues[7]);
                EXPECT_LT(dues[7], dues[1]);
                EXPECT_LT(dues[8], dues[11]);
            }
        }
    });
}

TEST_P(time_test, dropped_timers_are_gone) {
    in_run([] {
        for (int i = 0; i < 1'000; ++i) {
            after(1h);
        }
        const auto kept = after(1h);
        EXPECT_EQ(stats().timers_live, 1U);
    });
}

TEST_P(time_test, a_storm_of_sleepers_wakes_all) {
    in_run([] {
        std::atomic<int> woken{0};
        wait_group all;
        const int sleepers = fiber::sanitized ? 300 : 3'000;
        for (int i = 0; i < sleepers; ++i) {
            all.go([&woken, i] {
                for (int n = 0; n < 3; ++n) {
                    sleep(std::chrono::microseconds((i * 7919) % 3'000));
                }
                ++woken;
            });
        }
        all.wait();
        EXPECT_EQ(woken, sleepers);
        EXPECT_EQ(stats().timers_live, 0U);
    });
}

TEST_P(time_test, a_timer_gets_through_between_two_that_never_stop) {
    in_run([] {
        const auto ping = make_chan<unit>();
        const auto stop = make_chan<unit>();
        wait_group all;
        for (int i = 0; i < 2; ++i) {
            all.go([=] {
                while (select(on_send(ping, unit{}), on_recv(stop)) == 0) {
                }
            });
        }
        const auto timer = after(5ms);
        while (select(on_recv(ping), on_recv(timer)) == 0) {
        }
        stop.close();
        all.wait();
    });
}

TEST_P(time_test, timers_fire_while_a_pair_hands_off_for_ever) {
    in_run([] {
        const auto ping = make_chan<unit>(1);
        const auto pong = make_chan<unit>(1);
        std::atomic<bool> over{false};
        wait_group all;
        all.go([&] {
            while (!over) {
                ping.send({});
                pong.recv();
            }
            ping.close();
        });
        all.go([&] {
            while (ping.recv()) {
                pong.send({});
            }
        });
        sleep(2ms);
        over = true;
        all.wait();
    });
}

INSTANTIATE_TEST_SUITE_P(procs, time_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
