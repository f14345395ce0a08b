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
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace weft {
namespace {

using sched::panic_of;
using sched::repeated;
using sched::yield_until;
using namespace std::chrono_literals;

class timer_test : public sched::at_procs {};

TEST_P(timer_test, gives_the_due_time_once_and_shows_no_buffer) {
    in_run([] {
        const auto begin = now();
        timer t(2ms);
        EXPECT_EQ(t.chan().cap(), 0U);
        const time_point due = t.chan().recv().value();
        EXPECT_GE(due - begin, 2ms);
        EXPECT_LE(due, now());
        sleep(1ms);
        EXPECT_EQ(t.chan().len(), 0U);
        EXPECT_FALSE(holds_value(t.chan()));
        EXPECT_FALSE(t.stop());
    });
}

TEST_P(timer_test, the_value_is_the_due_time_however_late_it_is_received) {
    in_run([] {
        const auto begin = now();
        timer t(1ms);
        const auto armed = now();
        sleep(5ms);
        const time_point due = t.chan().recv().value();
        EXPECT_GE(due, begin + 1ms);
        EXPECT_LE(due, armed + 1ms);
    });
}

TEST_P(timer_test, an_armed_timer_is_stopped_once) {
    in_run([] {
        timer t(1h);
        EXPECT_TRUE(t.stop());
        EXPECT_FALSE(t.stop());
        EXPECT_EQ(stats().timers_live, 0U);
        EXPECT_FALSE(holds_value(t.chan()));
    });
}

TEST_P(timer_test, what_fired_and_was_not_received_is_stopped_too) {
    in_run([] {
        timer t(0s);
        sleep(2ms);
        EXPECT_EQ(t.chan().len(), 0U);
        EXPECT_TRUE(t.stop());
        EXPECT_FALSE(holds_value(t.chan()));
        EXPECT_FALSE(t.stop());
        EXPECT_FALSE(t.reset(0s));
        sleep(2ms);
        EXPECT_TRUE(t.reset(1h));
        EXPECT_FALSE(holds_value(t.chan()));
        EXPECT_TRUE(t.reset(0s));
        EXPECT_TRUE(t.chan().recv().has_value());
        EXPECT_FALSE(t.stop());
    });
}

TEST_P(timer_test, reset_to_an_earlier_time_wakes_who_waits) {
    in_run([] {
        timer t(1h);
        wait_group all;
        const std::uint64_t parked = stats().parks;
        all.go([&t] { EXPECT_TRUE(t.chan().recv().has_value()); });
        sched::yield_until_parked(parked + 1);
        EXPECT_TRUE(t.reset(1ms));
        all.wait();
    });
}

TEST_P(timer_test, a_poller_that_never_waits_gets_it) {
    in_run([] {
        timer t(1ms);
        while (select(on_recv(t.chan()), otherwise()) != 0) {
        }
        EXPECT_FALSE(t.stop());
        t.reset(1ms);
        while (!holds_value(t.chan())) {
        }
        const auto late = after(1ms);
        while (!holds_value(late)) {
        }
        EXPECT_EQ(stats().timers_live, 0U);
    });
}

TEST_P(timer_test, a_destroyed_timer_is_stopped) {
    in_run([] {
        std::optional<timer> t(std::in_place, 2ms);
        const auto kept = t->chan();
        t.reset();
        EXPECT_EQ(stats().timers_live, 0U);
        EXPECT_EQ(select(on_recv(kept), on_timeout(5ms)), 1U);
        std::optional<timer> fired(std::in_place, 0s);
        const auto unheard = fired->chan();
        sleep(1ms);
        fired.reset();
        EXPECT_FALSE(holds_value(unheard));
    });
}

TEST_P(timer_test, moves_and_panics_where_nothing_is_left) {
    in_run([] {
        timer t(0s);
        timer other = std::move(t);
        EXPECT_FALSE(static_cast<bool>(t.chan()));
        EXPECT_EQ(panic_of([&t] { t.stop(); }), "time: Stop called on uninitialized Timer");
        EXPECT_EQ(panic_of([&t] { t.reset(1s); }), "time: Reset called on uninitialized Timer");
        t = timer(1h);
        t = std::move(other);
        EXPECT_LE(stats().timers_live, 1U);
        t.stop();
        EXPECT_FALSE(t.reset(0s));
        EXPECT_TRUE(t.chan().recv().has_value());
    });
}

TEST_P(timer_test, zero_delays_always_fire) {
    in_run([] {
        timer t(0s);
        for (int i = 0; i < repeated(10'000); ++i) {
            EXPECT_TRUE(t.chan().recv().has_value());
            EXPECT_FALSE(t.reset(i % 2 == 0 ? 0s : -1s));
        }
    });
}

TEST_P(timer_test, two_who_wait_get_one_value_between_them) {
    in_run([] {
        timer t(1h);
        const auto stop = make_chan<unit>();
        std::atomic<int> got{0};
        wait_group all;
        for (int i = 0; i < 2; ++i) {
            all.go([&] { got += select(on_recv(t.chan()), on_recv(stop)) == 0 ? 1 : 0; });
        }
        t.reset(1ms);
        yield_until([&got] { return got == 1; });
        sleep(1ms);
        stop.close();
        all.wait();
        EXPECT_EQ(got, 1);
    });
}

TEST_P(timer_test, stop_is_true_exactly_when_nobody_received) {
    in_run([] {
        std::atomic<int> wrong{0};
        wait_group all;
        for (int g = 0; g < 50; ++g) {
            all.go([&wrong, g] {
                for (int i = 0; i < repeated(100); ++i) {
                    timer t(std::chrono::microseconds((g * 7 + i) % 20));
                    wait_group receiver;
                    std::atomic<bool> received{false};
                    const auto over = make_chan<unit>();
                    receiver.go([&] { received = select(on_recv(t.chan()), on_recv(over)) == 0; });
                    if (i % 3 == 0) {
                        yield();
                    }
                    const bool stopped = i % 2 == 0 ? t.stop() : t.reset(1h);
                    over.close();
                    receiver.wait();
                    wrong += stopped == received ? 1 : 0;
                }
            });
        }
        all.wait();
        EXPECT_EQ(wrong, 0);
    });
}

TEST_P(timer_test, nothing_stale_is_received_after_reset) {
    in_run([] {
        std::atomic<int> stale{0};
        wait_group all;
        for (int g = 0; g < 8; ++g) {
            all.go([&stale, g] {
                std::mt19937 random(static_cast<unsigned>(g));
                timer t(0s);
                for (int i = 0; i < repeated(1'000); ++i) {
                    if (random() % 2 == 0) {
                        yield();
                    }
                    const auto set = now();
                    t.reset(std::chrono::microseconds(random() % 30));
                    if (random() % 2 == 0) {
                        stale += t.chan().recv().value() < set ? 1 : 0;
                    }
                }
            });
        }
        all.wait();
        EXPECT_EQ(stale, 0);
    });
}

TEST_P(timer_test, many_hammer_one_timer) {
    in_run([] {
        timer t(0s);
        std::atomic<bool> over{false};
        wait_group resetters;
        wait_group receivers;
        for (int g = 0; g < 4; ++g) {
            resetters.go([&t, g] {
                for (int i = 0; i < repeated(3'000); ++i) {
                    if ((i + g) % 5 == 0) {
                        t.stop();
                    } else {
                        t.reset(std::chrono::microseconds((i * g) % 3));
                    }
                    if (i % 16 == 0) {
                        yield();
                    }
                }
            });
            receivers.go([&] {
                while (!over) {
                    select(on_recv(t.chan()), on_timeout(100us));
                }
            });
        }
        resetters.wait();
        over = true;
        receivers.wait();
    });
}

TEST_P(timer_test, a_plain_thread_may_use_timers) {
    in_run([] {
        const auto done = make_chan<unit>();
        std::thread thread([done] {
            timer t(1ms);
            t.chan().recv();
            t.reset(1h);
            EXPECT_TRUE(t.stop());
            ticker every(1ms);
            every.chan().recv();
            every.chan().recv();
            const auto ran = make_chan<unit>();
            const timer call = after_func(0s, [ran] { ran.send({}); });
            ran.recv();
            done.send({});
        });
        done.recv();
        thread.join();
    });
}

TEST_P(timer_test, a_pending_after_func_and_a_ticker_that_is_received_from_are_no_deadlock) {
    run(
        [] {
            const auto ch = make_chan<unit>();
            const timer t = after_func(5ms, [ch] { ch.send({}); });
            ch.recv();
            ticker every(1ms);
            every.chan().recv();
        },
        {.procs = GetParam(), .on_deadlock = on_deadlock::throw_error});
}

TEST_P(timer_test, may_outlive_its_run_and_be_used_in_the_next) {
    std::optional<timer> armed;
    std::optional<timer> fired;
    std::optional<timer> call;
    std::optional<ticker> every;
    std::atomic<int> calls{0};
    in_run([&] {
        armed.emplace(1ms);
        fired.emplace(0s);
        sleep(1ms);
        call = after_func(1h, [&calls] { ++calls; });
        every.emplace(1ms);
    });
    EXPECT_THROW(armed->reset(1s), std::logic_error);
    EXPECT_FALSE(call->stop());
    in_run([&] {
        EXPECT_EQ(stats().timers_live, 0U);
        EXPECT_EQ(select(on_recv(every->chan()), on_timeout(3ms)), 1U);
        EXPECT_TRUE(fired->stop());
        armed->reset(1ms);
        EXPECT_TRUE(armed->chan().recv().has_value());
        EXPECT_FALSE(call->reset(0s));
        yield_until([&calls] { return calls == 1; });
        every->reset(1ms);
        every->chan().recv();
    });
}

TEST(timer_outside_run_test, nothing_is_started) {
    EXPECT_THROW(timer(1s), std::logic_error);
    EXPECT_THROW(ticker(1s), std::logic_error);
    EXPECT_THROW(static_cast<void>(after_func(1s, [] {})), std::logic_error);
    EXPECT_THROW(after(1s), std::logic_error);
}

INSTANTIATE_TEST_SUITE_P(procs, timer_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
