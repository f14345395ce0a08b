#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/condition_variable.hpp>
#include <weft/diagnostics.hpp>
#include <weft/mutex.hpp>
#include <weft/runtime.hpp>
#include <weft/shared_mutex.hpp>
#include <weft/wait_group.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>

namespace weft {
namespace {

using sched::repeated;

class condition_variable_test : public sched::at_procs {};

/// Gives others many occasions to do what they should not.
void let_others_run() {
    for (int i = 0; i < 50; ++i) {
        yield();
    }
}

TEST_P(condition_variable_test, each_notification_wakes_exactly_one) {
    in_run([] {
        constexpr int waiters = 4;
        mutex guard;
        condition_variable changed;
        const auto awake = make_chan<unit>(waiters);
        int waiting = 0;
        for (int i = 0; i < waiters; ++i) {
            go([&, awake] {
                std::unique_lock hold(guard);
                ++waiting;
                changed.wait(hold);
                awake.send({});
            });
        }
        sched::yield_until([&] {
            const std::lock_guard hold(guard);
            return waiting == waiters;
        });
        let_others_run();
        EXPECT_EQ(awake.len(), 0U) << "nobody was notified";
        for (std::size_t woken = 1; woken <= waiters; ++woken) {
            changed.notify_one();
            sched::yield_until([&] { return awake.len() >= woken; });
            let_others_run();
            EXPECT_EQ(awake.len(), woken);
        }
        changed.notify_one();
        for (int i = 0; i < waiters; ++i) {
            awake.recv();
        }
    });
}

TEST_P(condition_variable_test, a_notification_that_nobody_waits_for_is_lost) {
    in_run([] {
        mutex guard;
        condition_variable changed;
        changed.notify_one();
        changed.notify_all();
        std::atomic<bool> woken{false};
        const std::uint64_t before = stats().parks;
        wait_group all;
        all.go([&] {
            std::unique_lock hold(guard);
            changed.wait(hold);
            woken = true;
        });
        sched::yield_until_parked(before + 1);
        let_others_run();
        EXPECT_FALSE(woken);
        changed.notify_one();
        all.wait();
    });
}

TEST_P(condition_variable_test, who_has_waited_longest_is_notified_first) {
    in_run([] {
        constexpr int waiters = 100;
        mutex guard;
        condition_variable changed;
        const auto waits = make_chan<unit>(waiters);
        const auto awake = make_chan<int>(waiters);
        for (int i = 0; i < waiters; ++i) {
            go([&, i, waits, awake] {
                std::unique_lock hold(guard);
                waits.send({});
                changed.wait(hold);
                awake.send(i);
            });
            waits.recv();
        }
        for (int i = 0; i < waiters; ++i) {
            {
                const std::lock_guard hold(guard);
                changed.notify_one();
            }
            EXPECT_EQ(awake.recv(), i);
        }
    });
}

TEST_P(condition_variable_test, all_that_wait_are_woken_once_in_each_round) {
    in_run([] {
        constexpr int waiters = 50;
        mutex guard;
        condition_variable changed;
        int round = 0;
        int waiting = 0;
        const int rounds = repeated(50);
        wait_group all;
        const auto everybody_waits = make_chan<unit>();
        for (int i = 0; i < waiters; ++i) {
            all.go([&, everybody_waits] {
                for (int mine = 0; mine < rounds; ++mine) {
                    std::unique_lock hold(guard);
                    ASSERT_EQ(round, mine);
                    if (++waiting == waiters) {
                        everybody_waits.send({});
                    }
                    changed.wait(hold);
                    ASSERT_EQ(round, mine + 1);
                }
            });
        }
        for (int i = 0; i < rounds; ++i) {
            everybody_waits.recv();
            const std::lock_guard hold(guard);
            ASSERT_EQ(waiting, waiters);
            waiting = 0;
            ++round;
            changed.notify_all();
        }
        all.wait();
    });
}

TEST_P(condition_variable_test, a_later_waiter_cannot_steal_a_notification) {
    in_run([] {
        for (int n = 0; n < repeated(1'000); ++n) {
            mutex guard;
            condition_variable changed;
            const auto waits = make_chan<unit>();
            const auto first_woken = make_chan<unit>();
            go([&, waits, first_woken] {
                std::unique_lock hold(guard);
                waits.send({});
                changed.wait(hold);
                first_woken.send({});
            });
            waits.recv();
            std::unique_lock hold(guard);  // the first has unlocked, but may not be asleep yet
            hold.unlock();
            wait_group all;
            bool over = false;
            all.go([&] { changed.notify_all(); });
            all.go([&] {
                std::unique_lock late(guard);
                while (!over) {
                    changed.wait(late);
                }
            });
            first_woken.recv();
            while (num_goroutine() > 1) {
                hold.lock();
                over = true;
                hold.unlock();
                changed.notify_all();
                yield();
            }
            all.wait();
        }
    });
}

TEST_P(condition_variable_test, a_predicate_is_waited_for) {
    in_run([] {
        mutex guard;
        condition_variable changed;
        int value = 0;
        const int last = repeated(2'000);
        wait_group all;
        for (int turn = 0; turn < 2; ++turn) {
            all.go([&, turn] {
                for (int next = turn; next < last; next += 2) {
                    std::unique_lock hold(guard);
                    changed.wait(hold, [&] { return value == next; });
                    ++value;
                    hold.unlock();
                    changed.notify_one();
                }
            });
        }
        all.wait();
        EXPECT_EQ(value, last);
    });
}

TEST_P(condition_variable_test, a_bounded_buffer_loses_nothing) {
    in_run([] {
        constexpr int capacity = 3;
        mutex guard;
        condition_variable not_full;
        condition_variable not_empty;
        int stored = 0;
        std::int64_t taken = 0;
        const int each = repeated(2'000);
        wait_group all;
        for (int i = 0; i < 3; ++i) {
            all.go([&] {
                for (int n = 0; n < each; ++n) {
                    std::unique_lock hold(guard);
                    not_full.wait(hold, [&] { return stored < capacity; });
                    ++stored;
                    not_empty.notify_one();
                }
            });
            all.go([&] {
                for (int n = 0; n < each; ++n) {
                    std::unique_lock hold(guard);
                    not_empty.wait(hold, [&] { return stored > 0; });
                    --stored;
                    ++taken;
                    not_full.notify_one();
                }
            });
        }
        all.wait();
        EXPECT_EQ(stored, 0);
        EXPECT_EQ(taken, std::int64_t{3} * each);
    });
}

/// A lock whose `unlock` calls back before it returns.
template <class F>
struct chatty_lock {
    mutex& guard;
    F after_unlock;

    void lock() { guard.lock(); }
    void unlock() {
        guard.unlock();
        after_unlock();
    }
};
template <class F>
chatty_lock(mutex&, F) -> chatty_lock<F>;

TEST_P(condition_variable_test, a_notification_between_unlocking_and_parking_counts) {
    in_run([] {
        mutex guard;
        condition_variable changed;
        for (const bool all : {false, true}) {
            chatty_lock lock{guard, [&] { all ? changed.notify_all() : changed.notify_one(); }};
            lock.lock();
            changed.wait(lock);
            EXPECT_FALSE(guard.try_lock());
            guard.unlock();
        }
        // Unlocking may itself wait.
        const auto meeting = make_chan<unit>();
        go([&, meeting] {
            meeting.recv();
            changed.notify_one();
            meeting.recv();
        });
        chatty_lock lock{guard, [&] {
                             meeting.send({});
                             meeting.send({});
                         }};
        lock.lock();
        changed.wait(lock);
        guard.unlock();
    });
}

TEST_P(condition_variable_test, who_cannot_unlock_does_not_wait) {
    in_run([] {
        mutex guard;
        condition_variable changed;
        chatty_lock failing{guard, [] { throw std::runtime_error("no"); }};
        failing.lock();
        EXPECT_THROW(changed.wait(failing), std::runtime_error);
        std::atomic<bool> woken{false};
        const std::uint64_t before = stats().parks;
        wait_group all;
        all.go([&] {
            std::unique_lock hold(guard);
            changed.wait(hold);
            woken = true;
        });
        sched::yield_until_parked(before + 1);
        changed.notify_one();
        all.wait();
        EXPECT_TRUE(woken);
    });
}

TEST_P(condition_variable_test, any_lock_will_do) {
    in_run([] {
        shared_mutex guard;
        condition_variable changed;
        bool ready = false;
        wait_group all;
        all.go([&] {
            std::shared_lock hold(guard);
            changed.wait(hold, [&] { return ready; });
        });
        all.go([&] {
            std::unique_lock hold(guard);
            changed.wait(hold, [&] { return ready; });
        });
        all.go([&] {
            guard.lock();
            changed.wait(guard, [&] { return ready; });
            guard.unlock();
        });
        yield();
        guard.lock();
        ready = true;
        guard.unlock();
        changed.notify_all();
        all.wait();
    });
}

TEST_P(condition_variable_test, it_may_be_destroyed_once_all_are_notified) {
    in_run([] {
        for (int i = 0; i < repeated(2'000); ++i) {
            mutex guard;
            auto changed = std::make_unique<condition_variable>();
            int waiting = 0;
            wait_group all;
            for (int n = 0; n < 2; ++n) {
                all.go([&] {
                    std::unique_lock hold(guard);
                    ++waiting;
                    changed->wait(hold);
                });
            }
            sched::yield_until([&] {
                const std::lock_guard hold(guard);
                return waiting == 2;
            });
            changed->notify_all();
            changed.reset();
            all.wait();
        }
    });
}

TEST_P(condition_variable_test, plain_threads_wait_and_notify) {
    in_run([] {
        mutex guard;
        condition_variable changed;
        int turn = 0;
        const int rounds = repeated(300);
        const auto play = [&](int mine) {
            for (int i = 0; i < rounds; ++i) {
                std::unique_lock hold(guard);
                changed.wait(hold, [&] { return turn == mine; });
                turn = 1 - mine;
                changed.notify_all();
            }
        };
        std::thread thread(play, 1);
        play(0);
        blocking([&thread] { thread.join(); });
    });
}

TEST(condition_variable_outside_test, waiting_throws_with_the_lock_held) {
    mutex guard;
    condition_variable changed;
    changed.notify_one();
    changed.notify_all();
    std::unique_lock hold(guard);
    EXPECT_THROW(changed.wait(hold), std::logic_error);
    EXPECT_TRUE(hold.owns_lock());
    changed.wait(hold, [] { return true; });
}

INSTANTIATE_TEST_SUITE_P(procs, condition_variable_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
