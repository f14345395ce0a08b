// Goroutines that compute without end, and what they find when they come back to the runtime.
#include "sched/at_procs.hpp"
#include "sched/presence.hpp"

#include <weft/chan.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

namespace weft::sched {
namespace {

using namespace std::chrono_literals;

class retake_test : public at_procs {
protected:
    /// Computes, as far as the runtime can see.
    static void compute_until(const std::atomic<bool>& over) {
        while (!over.load(std::memory_order_relaxed)) {
        }
    }
};

TEST_P(retake_test, who_computes_on_every_processor_starves_nobody) {
    in_run([this] {
        std::atomic<bool> over{false};
        std::atomic<int> computing{0};
        wait_group all;
        for (int i = 0; i < GetParam(); ++i) {
            all.go([&] {
                ++computing;
                compute_until(over);
            });
        }
        // Main runs too: one more than there are processors.
        yield_until([&] { return computing == GetParam(); });
        const auto echo = make_chan<int>();
        go([echo] { echo.send(echo.recv().value() + 1); });
        echo.send(1);
        EXPECT_EQ(echo.recv(), 2);
        sleep(1ms);
        over = true;
        all.wait();
        EXPECT_GE(stats().retakes, 1U);
    });
}

/// Each thing that a goroutine can do first after its processor was taken.
TEST_P(retake_test, whatever_it_does_next_works_as_ever) {
    const auto next_thing = [this](const std::function<void()>& thing) {
        std::atomic<bool> over{false};
        std::atomic<int> done{0};
        wait_group all;
        for (int i = 0; i < 2 * GetParam(); ++i) {
            all.go([&] {
                compute_until(over);
                thing();
                ++done;
            });
        }
        sleep(15ms);
        over = true;
        all.wait();
        EXPECT_EQ(done, 2 * GetParam());
    };
    in_run([&] {
        const auto buffered = make_chan<int>(100);
        const auto unbuffered = make_chan<int>();
        go([unbuffered] {
            for (int v : unbuffered) {
                EXPECT_EQ(v, 7);
            }
        });
        std::atomic<int> started{0};
        mutex m;
        next_thing([] {});
        next_thing([] { yield(); });
        next_thing([] { sleep(100us); });
        next_thing([&] { buffered.send(1); });
        next_thing([&] { unbuffered.send(7); });
        next_thing([&] { EXPECT_EQ(buffered.recv(), 1); });
        next_thing([&] { go([&] { ++started; }); });
        next_thing(
            [&] { go([&, text = std::string(100, 'x')] { started += text.empty() ? 0 : 1; }); });
        next_thing([] { EXPECT_EQ(blocking([] { return 5; }), 5); });
        next_thing([&m] {
            const std::lock_guard hold(m);
            yield();
        });
        unbuffered.close();
        yield_until([&] { return started == 4 * GetParam(); });
    });
}

/// One more computes than there are processors, and each is once the last to end: also one whose
/// processor was taken, while all processors are idle.
TEST_P(retake_test, it_is_no_deadlock_while_somebody_computes_without_a_processor) {
    in_run([this] {
        const int count = GetParam() + 1;
        for (int round = 0; round < count; ++round) {
            const std::uint64_t before = stats().retakes;
            wait_group all;
            for (int i = 0; i < count; ++i) {
                all.go([=] {
                    while (stats().retakes == before) {
                    }
                    const time_point end = now() + 20ms * ((i + round) % count);
                    while (now() < end) {
                    }
                });
            }
            all.wait();
        }
    });
}

/// Who waited on the thread that main blocks goes on on another, and computes there.
TEST_P(retake_test, a_processor_is_taken_from_who_has_come_to_it_from_another_thread) {
    in_run([this] {
        const auto gate = make_chan<unit>();
        std::atomic<bool> over{false};
        std::atomic<int> computing{0};
        wait_group all;
        const std::uint64_t parked = stats().parks;
        for (int i = 0; i < GetParam(); ++i) {
            all.go([&, gate] {
                gate.recv();
                ++computing;
                compute_until(over);
            });
        }
        yield_until_parked(parked + static_cast<std::uint64_t>(GetParam()));
        blocking([&] {
            gate.close();
            while (computing < GetParam()) {
            }
            all.go([&over] { over = true; });
            compute_until(over);
        });
        all.wait();
    });
}

TEST_P(retake_test, a_wait_that_begins_without_a_processor_is_counted) {
    in_run([this] {
        const auto gate = make_chan<unit>();
        const runtime_stats before = stats();
        for (int i = 0; i <= GetParam(); ++i) {
            go([=] {
                while (stats().retakes == before.retakes) {
                }
                gate.recv();
            });
        }
        yield_until_parked(before.parks + static_cast<std::uint64_t>(GetParam()) + 1);
        gate.close();
    });
}

TEST_P(retake_test, nothing_is_taken_from_who_keeps_nobody_waiting) {
    in_run([] {
        const time_point begin = now();
        while (now() - begin < 60ms) {
        }
        EXPECT_EQ(stats().retakes, 0U);
    });
}

TEST_P(retake_test, who_starts_many_goroutines_without_a_pause_lets_them_run) {
    in_run([] {
        std::atomic<int> ran{0};
        int started = 0;
        while (ran == 0) {  // for ever, if nobody took the processor
            go([&ran] { ++ran; });
            ++started;
        }
        yield_until([&] { return ran == started; });
    });
}

INSTANTIATE_TEST_SUITE_P(procs, retake_test, processor_counts, testing::PrintToStringParamName());

/// The machine and the monitor are never both between entering and leaving.
TEST(presence_test, the_two_sides_exclude_one_another) {
    platform::prepare_fences();
    presence door;
    door.leave();
    std::atomic<bool> over{false};
    int guarded = 0;  // touched inside by the one, while taking by the other
    int lost = 0;
    int entered = 0;
    std::thread machine([&] {
        while (!over) {
            lost += door.enter() ? 0 : 1;
            ++guarded;
            ++entered;
            door.leave();
            for (int i = 0; i < 100; ++i) {
                platform::pause();
            }
        }
    });
    int taken = 0;
    int attempts = 0;
    while (attempts < repeated(2000) || taken < 10) {
        ++attempts;
        if (door.begin_taking()) {
            ++guarded;
            if (attempts % 2 == 0) {
                door.withdraw();
            } else {
                ++taken;
                door.taken();
            }
        }
        std::this_thread::yield();
    }
    over = true;
    machine.join();
    const bool last_seen = door.enter();
    EXPECT_EQ(lost + (last_seen ? 0 : 1), taken);
    EXPECT_GT(entered, 0);
}

}  // namespace
}  // namespace weft::sched
