// Tickers, and functions that are started after a while.
#include <weft/time.hpp>

#include "sched/at_procs.hpp"
#include "sched/panic_of.hpp"
#include "sync/channel_state.hpp"

#include <weft/select.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace weft {
namespace {

using sched::panic_of;
using sched::repeated;
using sched::yield_until;
using namespace std::chrono_literals;

class ticker_test : public sched::at_procs {};
class after_func_test : public sched::at_procs {};

TEST_P(ticker_test, a_ticker_ticks_in_phase_until_it_is_stopped) {
    in_run([] {
        const auto begin = now();
        ticker every(2ms);
        EXPECT_EQ(every.chan().cap(), 0U);
        time_point last = every.chan().recv().value();
        EXPECT_GE(last, begin + 2ms);
        const auto phase = last;
        for (int i = 0; i < 5; ++i) {
            const time_point tick = every.chan().recv().value();
            EXPECT_GT(tick, last);
            EXPECT_EQ((tick - phase) % 2ms, 0ns);
            EXPECT_LE(tick, now());
            last = tick;
        }
        every.stop();
        EXPECT_EQ(select(on_recv(every.chan()), on_timeout(5ms)), 1U);
        EXPECT_EQ(stats().timers_live, 0U);
    });
}

TEST_P(ticker_test, a_slow_receiver_misses_ticks) {
    in_run([] {
        ticker every(1ms);
        sleep(10ms);
        EXPECT_EQ(every.chan().len(), 0U);
        const auto begin = now();
        int late = 0;
        while (holds_value(every.chan())) {
            ++late;
        }
        // The one in the place, one that is due and has not fired, and those of the meantime.
        EXPECT_LE(late, 3 + (now() - begin) / 1ms);
        EXPECT_GE(every.chan().recv().value(), begin - 1ms);
    });
}

TEST_P(ticker_test, a_stopped_or_reset_ticker_gives_no_older_tick) {
    in_run([] {
        ticker every(1ms);
        sleep(3ms);
        every.stop();
        EXPECT_FALSE(holds_value(every.chan()));
        every.reset(1ms);
        sleep(3ms);
        const auto set = now();
        every.reset(2ms);
        EXPECT_GE(every.chan().recv().value(), set + 2ms);
        every.reset(1h);
        EXPECT_FALSE(holds_value(every.chan()));
    });
}

TEST_P(ticker_test, a_poller_of_a_ticker_gets_every_tick_once) {
    in_run([] {
        ticker every(200us);
        time_point last;
        for (int i = 0; i < 20; ++i) {
            time_point tick;
            while (every.chan().try_recv(tick) != recv_status::success) {
            }
            EXPECT_GT(tick, last);
            EXPECT_LE(tick, now());
            last = tick;
        }
    });
}

TEST_P(ticker_test, many_readers_share_a_fast_ticker) {
    in_run([] {
        ticker every(1ns);
        wait_group all;
        for (int g = 0; g < 10; ++g) {
            all.go([&every] {
                for (int i = 0; i < repeated(500); ++i) {
                    every.chan().recv();
                }
            });
        }
        all.wait();
    });
}

TEST_P(ticker_test, non_positive_intervals_panic) {
    in_run([] {
        EXPECT_EQ(panic_of([] { ticker every(0s); }), "non-positive interval for NewTicker");
        EXPECT_EQ(panic_of([] { ticker every(-1s); }), "non-positive interval for NewTicker");
        ticker every(1h);
        EXPECT_EQ(panic_of([&] { every.reset(0s); }), "non-positive interval for Ticker.Reset");
        ticker other = std::move(every);
        every.stop();
        EXPECT_EQ(panic_of([&] { every.reset(1s); }), "time: Reset called on uninitialized Ticker");
        every = std::move(other);
        every.reset(1ms);
        every.chan().recv();
    });
}

TEST_P(after_func_test, after_func_runs_in_a_goroutine_of_its_own) {
    in_run([] {
        const auto id = make_chan<std::uint64_t>();
        const auto begin = now();
        timer t = after_func(2ms, [id] { id.send(this_goroutine::id()); });
        EXPECT_FALSE(static_cast<bool>(t.chan()));
        EXPECT_NE(id.recv().value(), this_goroutine::id());
        EXPECT_GE(now() - begin, 2ms);
        EXPECT_FALSE(t.stop());
        EXPECT_FALSE(t.reset(0s));
        id.recv();
        EXPECT_FALSE(t.reset(1h));
        EXPECT_TRUE(t.reset(2h));
        EXPECT_TRUE(t.stop());
        EXPECT_EQ(stats().timers_live, 0U);
    });
}

TEST_P(after_func_test, a_stopped_or_destroyed_after_func_never_runs) {
    in_run([] {
        auto witness = std::make_shared<int>(0);
        {
            const timer t = after_func(1ms, [witness] { ++*witness; });
        }
        timer t = after_func(1ms, [kept = std::make_unique<int>(1), witness] { ++*witness; });
        EXPECT_TRUE(t.stop());
        sleep(5ms);
        t = timer(1h);
        EXPECT_EQ(*witness, 0);
        EXPECT_EQ(witness.use_count(), 1);
    });
}

TEST_P(after_func_test, calls_of_after_func_do_not_wait_for_each_other) {
    in_run([] {
        const auto meet = make_chan<unit>();
        std::vector<timer> all;
        for (int i = 0; i < 10; ++i) {
            all.push_back(after_func(0s, [meet] { meet.send({}); }));
        }
        for (int i = 0; i < 10; ++i) {
            meet.recv();
        }
    });
}

TEST_P(after_func_test, after_func_starts_exactly_when_stop_says_false) {
    in_run([] {
        std::atomic<int> started{0};
        std::atomic<int> not_stopped{0};
        wait_group all;
        for (int g = 0; g < 20; ++g) {
            all.go([&, g] {
                for (int i = 0; i < repeated(300); ++i) {
                    timer t = after_func(std::chrono::microseconds((g + i) % 5),
                                         [&started] { ++started; });
                    if (i % 2 == 0) {
                        yield();
                    }
                    not_stopped += t.stop() ? 0 : 1;
                }
            });
        }
        all.wait();
        yield_until([] { return num_goroutine() == 1; });
        EXPECT_EQ(started, not_stopped);
    });
}

TEST_P(after_func_test, after_func_is_not_starved_by_a_pair_that_hands_off_for_ever) {
    in_run([] {
        const auto ping = make_chan<unit>(1);
        std::atomic<bool> over{false};
        wait_group all;
        const timer t = after_func(5ms, [&over] { over = true; });
        all.go([&] {
            while (!over) {
                ping.send({});
            }
            ping.close();
        });
        while (ping.recv()) {
        }
        all.wait();
    });
}

INSTANTIATE_TEST_SUITE_P(procs, ticker_test, sched::processor_counts,
                         testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(procs, after_func_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
