// Bubbles in which nothing can go on. They leave goroutines behind, whose stacks are not unwound.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/testing.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

namespace weft {
namespace {

using namespace std::chrono_literals;

class bubble_deadlock_test : public sched::at_procs {
protected:
    /// Runs `body` as main; afterwards so many other goroutines must be left.
    template <class F>
    void leaving(std::size_t left, F body) {
        run(
            [&] {
                body();
                sched::yield_until([left] { return num_goroutine() == 1 + left; });
            },
            {.procs = GetParam()});
    }
};

bool begins(const std::string& text, const std::string& with) {
    return text.compare(0, with.size(), with) == 0;
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::string all_blocked = "deadlock: all goroutines in bubble are blocked\n\ngoroutine ";
const std::string main_exited =
    "deadlock: main bubble goroutine has exited but blocked goroutines remain\n\ngoroutine ";

template <class F>
std::string deadlock_of(F f) {
    try {
        bubble(f);
    } catch (const deadlock_error& e) {
        return e.what();
    }
    return "no deadlock";
}

TEST_P(bubble_deadlock_test, is_thrown_with_all_that_are_blocked) {
    leaving(5, [] {
        const std::string receiving = deadlock_of([] {
            go([] { chan<int>().recv(); });
            make_chan<int>().recv();
        });
        EXPECT_TRUE(begins(receiving, all_blocked)) << receiving;
        EXPECT_TRUE(holds(receiving, " [chan receive (durable), synctest bubble ")) << receiving;
        EXPECT_TRUE(holds(receiving, "bubble_deadlock_test.cpp")) << receiving;
        EXPECT_FALSE(holds(receiving, "synctest.Run")) << receiving;
        const std::string selecting = deadlock_of([] { select(); });
        EXPECT_TRUE(begins(selecting, all_blocked)) << selecting;
        EXPECT_TRUE(holds(selecting, " [select (no cases) (durable), ")) << selecting;
        const std::string sending = deadlock_of([] { go([] { chan<int>().send(1); }); });
        EXPECT_TRUE(begins(sending, main_exited)) << sending;
        EXPECT_TRUE(holds(sending, " [chan send (nil chan) (durable), ")) << sending;
        const std::string sleeping = deadlock_of([] { go([] { sleep(1s); }); });
        EXPECT_TRUE(begins(sleeping, main_exited)) << sleeping;  // the clock has stopped
        EXPECT_TRUE(holds(sleeping, " [sleep (durable), ")) << sleeping;
    });
}

TEST_P(bubble_deadlock_test, is_not_averted_by_ticks_that_nobody_receives) {
    leaving(1, [] {
        const std::string report = deadlock_of([] {
            const ticker ticks(1s);
            const timer once(1s);
            make_chan<int>().recv();
        });
        EXPECT_TRUE(begins(report, all_blocked)) << report;
    });
}

TEST_P(bubble_deadlock_test, an_exception_of_the_function_goes_before_the_deadlock_that_it_leaves) {
    leaving(1, [] {
        const auto failing = [] {
            go([] { make_chan<int>().recv(); });
            throw std::out_of_range("left");
        };
        EXPECT_THROW(bubble(failing), std::out_of_range);
    });
}

TEST_P(bubble_deadlock_test, a_run_whose_bubble_waits_for_ever_for_others_is_deadlocked) {
    try {
        run(
            [] {
                const chan<int> outside = make_chan<int>();
                bubble([&] {
                    go([] { sleep(1h); });
                    outside.recv();
                });
            },
            {.procs = GetParam(), .on_deadlock = on_deadlock::throw_error});
        ADD_FAILURE() << "no deadlock";
    } catch (const deadlock_error& e) {
        const std::string report = e.what();
        EXPECT_TRUE(begins(report, "fatal error: all goroutines are asleep - deadlock!")) << report;
        EXPECT_TRUE(holds(report, " [synctest.Run (durable), synctest bubble ")) << report;
        EXPECT_TRUE(holds(report, " [sleep (durable), synctest bubble ")) << report;
        EXPECT_TRUE(holds(report, " [chan receive, synctest bubble ")) << report;
    }
}

TEST_P(bubble_deadlock_test, outside_run_it_is_thrown_all_the_same) {
    EXPECT_THROW(bubble([] { make_chan<int>().recv(); }), deadlock_error);
}

TEST_P(bubble_deadlock_test, the_run_goes_on_and_other_bubbles_too) {
    leaving(1, [] {
        chan<unit> go_on = make_chan<unit>();
        wait_group all;
        all.go([&] {
            bubble([&] {
                go_on.recv();
                const time_point start = now();
                sleep(1h);
                EXPECT_EQ(now() - start, 1h);
            });
        });
        EXPECT_TRUE(begins(deadlock_of([] { make_chan<int>().recv(); }), all_blocked));
        EXPECT_GT(clock::now() + 1h, now());  // in no bubble any more
        go_on.send(unit{});
        all.wait();
    });
}

TEST_P(bubble_deadlock_test, what_was_left_keeps_its_timers_and_never_sees_them_fire) {
    leaving(2, [] {
        std::optional<recv_chan<time_point>> kept;
        bool fired = false;
        const std::string report = deadlock_of([&] {
            go([&] {
                const timer mine = after_func(1h, [&] { fired = true; });
                const ticker ticks(1s);
                kept = ticks.chan();
                make_chan<int>().recv();
            });
            go([] { sleep(1h); });
            bubble_wait();
        });
        EXPECT_TRUE(begins(report, main_exited)) << report;
        bubble([] { sleep(24h); });
        EXPECT_FALSE(fired);
    });
}

INSTANTIATE_TEST_SUITE_P(procs, bubble_deadlock_test, sched::processor_counts);

}  // namespace
}  // namespace weft
