// The clock of a bubble, and all that goes by it.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/error.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/testing.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <random>
#include <vector>

namespace weft {
namespace {

using sched::repeated;
using namespace std::chrono_literals;

constexpr auto year = 365 * 24h;

class bubble_time_test : public sched::at_procs {
protected:
    template <class F>
    void in_bubble(F body) {
        in_run([&] { bubble(body); });
    }
};

std::optional<time_point> received(const recv_chan<time_point>& from) {
    time_point value;
    return from.try_recv(value) == recv_status::success ? std::optional(value) : std::nullopt;
}

TEST_P(bubble_time_test, begins_at_the_same_instant_in_each_and_stands_still) {
    in_run([] {
        time_point first;
        bubble([&] {
            first = now();
            for (int i = 0; i < 100; ++i) {
                yield();
                EXPECT_EQ(now(), first);
            }
            go([&] { EXPECT_EQ(now(), first); });
            bubble_wait();
            EXPECT_EQ(now(), first);
            sleep(1s);
        });
        bubble([&] { EXPECT_EQ(now(), first); });
        EXPECT_EQ(first.time_since_epoch(), 946'684'800s);
    });
}

TEST_P(bubble_time_test, is_the_real_time_outside) {
    in_run([] {
        const time_point before = clock::now();
        bubble([] { sleep(year); });
        const time_point after = now();
        EXPECT_LE(before, after);
        EXPECT_LE(after, clock::now());
    });
}

TEST_P(bubble_time_test, a_sleep_of_a_year_takes_a_year_and_no_time) {
    in_run([] {
        const time_point real = clock::now();
        bubble([] {
            const time_point start = now();
            sleep(year);
            EXPECT_EQ(now() - start, year);
            sleep(1ns);
            EXPECT_EQ(now() - start, year + 1ns);
            sleep(0s);
            sleep(-1s);
            EXPECT_EQ(now() - start, year + 1ns);
        });
        EXPECT_LT(clock::now() - real, 1h);
    });
}

TEST_P(bubble_time_test, sleepers_wake_in_the_order_of_their_times) {
    in_bubble([] {
        constexpr int sleepers = 1000;
        const time_point start = now();
        std::vector<int> delays(sleepers);
        for (int i = 0; i < sleepers; ++i) {
            delays[static_cast<std::size_t>(i)] = i + 1;
        }
        std::shuffle(delays.begin(), delays.end(), std::minstd_rand(1));
        std::vector<int> order;
        for (const int delay : delays) {
            go([&order, start, delay] {
                sleep(std::chrono::minutes(delay));
                EXPECT_EQ(now() - start, std::chrono::minutes(delay));
                order.push_back(delay);  // alone: no other event is at this time
            });
        }
        sleep(std::chrono::minutes(sleepers + 1));
        ASSERT_EQ(order.size(), delays.size());
        EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    });
}

TEST_P(bubble_time_test, timers_of_all_kinds_fire_in_the_order_of_their_times) {
    in_bubble([] {
        std::vector<int> order;
        const timer function = after_func(3s, [&] { order.push_back(3); });
        go([&] {
            sleep(1s);
            order.push_back(1);
        });
        go([&] {
            select(on_timeout(2s));
            order.push_back(2);
        });
        go([&] {
            after(4s).recv();
            order.push_back(4);
        });
        go([&] {
            const auto [ctx, cancel] = with_timeout(background(), 5s);
            ctx.done().recv();
            order.push_back(5);
        });
        go([&] {
            ticker ticks(6s);
            ticks.chan().recv();
            order.push_back(6);
        });
        sleep(7s);
        EXPECT_EQ(order, (std::vector{1, 2, 3, 4, 5, 6}));
    });
}

TEST_P(bubble_time_test, what_is_due_at_one_time_has_happened_before_the_next) {
    in_bubble([] {
        int at_noon = 0;
        for (int i = 0; i < 100; ++i) {
            go([&] {
                sleep(12h);
                for (int k = 0; k < 10; ++k) {
                    yield();
                }
                static mutex m;
                const std::lock_guard lock(m);
                ++at_noon;
            });
        }
        sleep(12h + 1ns);
        EXPECT_EQ(at_noon, 100);
    });
}

TEST_P(bubble_time_test, a_timer_is_received_at_its_time_and_not_before) {
    in_bubble([] {
        const time_point start = now();
        const timer once(1h);
        EXPECT_EQ(received(once.chan()), std::nullopt);
        sleep(1h - 1ns);
        EXPECT_EQ(received(once.chan()), std::nullopt);
        EXPECT_EQ(once.chan().recv(), start + 1h);
        EXPECT_EQ(now(), start + 1h);
    });
}

TEST_P(bubble_time_test, a_timer_that_was_due_long_ago_gives_the_time_when_it_was) {
    in_bubble([] {
        const time_point start = now();
        const timer once(1h);
        sleep(5h);
        EXPECT_EQ(once.chan().recv(), start + 1h);
        EXPECT_EQ(now(), start + 5h);
    });
}

TEST_P(bubble_time_test, stop_and_reset_are_those_of_any_timer) {
    in_bubble([] {
        const time_point start = now();
        timer t(1h);
        EXPECT_TRUE(t.reset(2h));
        sleep(90min);
        EXPECT_EQ(received(t.chan()), std::nullopt);
        EXPECT_TRUE(t.stop());
        EXPECT_FALSE(t.stop());
        sleep(2h);
        EXPECT_EQ(received(t.chan()), std::nullopt);
        EXPECT_FALSE(t.reset(1h));
        sleep(1h);
        EXPECT_TRUE(t.reset(1h));  // fired, not received
        EXPECT_EQ(t.chan().recv(), start + 90min + 2h + 2h);
        bool called = false;
        timer f = after_func(1h, [&] { called = true; });
        EXPECT_TRUE(f.stop());
        sleep(2h);
        EXPECT_FALSE(called);
        EXPECT_FALSE(f.reset(1h));
        sleep(2h);
        EXPECT_TRUE(called);
        EXPECT_FALSE(f.stop());
    });
}

TEST_P(bubble_time_test, what_is_due_at_once_happens_before_a_wait_returns) {
    in_bubble([] {
        const time_point start = now();
        const timer zero(0s);
        EXPECT_EQ(zero.chan().recv(), start);
        bool called = false;
        const timer negative = after_func(-1s, [&] { called = true; });
        bubble_wait();
        EXPECT_TRUE(called);
        bool timed_out = false;
        go([&] {
            timer t(1h);
            t.reset(0s);
            select(on_recv(t.chan(), [&] { timed_out = true; }));
        });
        bubble_wait();
        EXPECT_TRUE(timed_out);
        EXPECT_EQ(now(), start);
    });
}

TEST_P(bubble_time_test, a_timer_that_is_set_to_zero_again_and_again_hangs_nobody) {
    in_bubble([] {
        timer t(0s);
        auto [ctx, cancel] = with_cancel(background());
        go([&, ctx = ctx] {
            bool ended = false;
            while (!ended) {
                select(on_recv(ctx.done(), [&] { ended = true; }), on_recv(t.chan()));
            }
        });
        bubble_wait();
        t.reset(0s);
        bubble_wait();
        cancel();
        bubble_wait();
    });
}

TEST_P(bubble_time_test, functions_of_timers_belong_to_the_bubble) {
    in_bubble([] {
        const time_point start = now();
        int ran = 0;
        const timer t = after_func(1h, [&] {
            EXPECT_EQ(now() - start, 1h);
            go([&] {
                sleep(1h);
                EXPECT_EQ(now() - start, 2h);
                bubble_wait();
                ++ran;
            });
        });
        sleep(3h);
        EXPECT_EQ(ran, 1);
    });
}

TEST_P(bubble_time_test, tickers_tick_and_drop_what_nobody_receives) {
    in_bubble([] {
        const time_point start = now();
        ticker ticks(1min);
        for (int i = 1; i <= 100; ++i) {
            EXPECT_EQ(ticks.chan().recv(), start + i * 1min);
            EXPECT_EQ(now(), start + i * 1min);
        }
        sleep(10min + 30s);
        EXPECT_EQ(received(ticks.chan()), start + 101min);
        EXPECT_EQ(received(ticks.chan()), std::nullopt);
        EXPECT_EQ(ticks.chan().recv(), start + 111min);
        ticks.reset(1h);
        EXPECT_EQ(ticks.chan().recv(), start + 111min + 1h);
        ticks.stop();
        sleep(5h);
        EXPECT_EQ(received(ticks.chan()), std::nullopt);
    });
}

TEST_P(bubble_time_test, ticks_that_nobody_waits_for_take_no_time_either) {
    in_bubble([] {
        const time_point start = now();
        ticker ticks(1ms);
        sleep(year);
        EXPECT_EQ(now() - start, year);
        EXPECT_EQ(received(ticks.chan()), start + 1ms);
        EXPECT_EQ(ticks.chan().recv(), start + year + 1ms);
    });
}

TEST_P(bubble_time_test, timeouts_of_selects_lose_to_what_comes_before_them) {
    in_bubble([] {
        const time_point start = now();
        const chan<int> values = make_chan<int>();
        go([&] {
            sleep(1s);
            values.send(1);
        });
        EXPECT_EQ(select(on_recv(values), on_timeout(2s)), 0U);
        EXPECT_EQ(now() - start, 1s);
        EXPECT_EQ(select(on_recv(values), on_timeout(2s)), 1U);
        EXPECT_EQ(now() - start, 3s);
        EXPECT_EQ(select(on_recv(values), on_timeout(0s)), 1U);
        EXPECT_EQ(select(on_recv(chan<int>()), on_timeout(1s)), 1U);
        EXPECT_EQ(now() - start, 4s);
    });
}

TEST_P(bubble_time_test, contexts_end_at_their_deadlines_and_not_before) {
    in_bubble([] {
        const time_point start = now();
        const auto [ctx, cancel] = with_timeout(background(), 5s);
        const auto [below, cancel_below] = with_deadline(ctx, start + 1h);
        EXPECT_EQ(ctx.deadline(), start + 5s);
        sleep(5s - 1ns);
        bubble_wait();
        EXPECT_FALSE(ctx.err());
        sleep(1ns);
        bubble_wait();
        EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
        EXPECT_EQ(below.err(), context_errc::deadline_exceeded);
        EXPECT_EQ(with_deadline(background(), now()).ctx.err(), context_errc::deadline_exceeded);
        EXPECT_EQ(with_deadline(background(), clock::now()).ctx.err(),
                  context_errc::deadline_exceeded);  // in the bubble's terms long ago
    });
}

TEST_P(bubble_time_test, time_stops_when_the_function_has_returned) {
    in_run([] {
        std::atomic<bool> fired = false;
        std::optional<timer> kept;
        bubble([&] {
            kept = after_func(1h, [&] { fired = true; });
            std::optional<ticker> dropped(1h);
        });
        bubble([] { sleep(5h); });
        EXPECT_FALSE(fired);
    });
}

TEST_P(bubble_time_test, timers_made_outside_go_by_the_real_time) {
    in_run([] {
        timer outside(1h);
        bubble([&] {
            const time_point start = now();
            EXPECT_TRUE(outside.reset(1ms));
            outside.chan().recv();
            EXPECT_EQ(now(), start);
            EXPECT_FALSE(outside.stop());
        });
    });
}

TEST_P(bubble_time_test, a_real_timer_that_fires_meanwhile_starts_no_goroutine_in_the_bubble) {
    in_run([] {
        for (int round = 0; round < repeated(20); ++round) {
            std::atomic<int> inside = -1;
            const timer real = after_func(100us, [&] {
                try {
                    bubble_wait();
                    inside = 1;
                } catch (const panic&) {
                    inside = 0;
                }
            });
            bubble([&] {
                while (inside < 0) {
                    sleep(1s);  // parks, so that its machine looks after timers
                }
            });
            EXPECT_EQ(inside, 0);
        }
    });
}

INSTANTIATE_TEST_SUITE_P(procs, bubble_time_test, sched::processor_counts);

}  // namespace
}  // namespace weft
