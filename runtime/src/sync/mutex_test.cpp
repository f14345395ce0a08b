#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/diagnostics.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

namespace weft {
namespace {

using sched::repeated;

class mutex_test : public sched::at_procs {};

TEST_P(mutex_test, one_at_a_time_is_inside) {
    in_run([] {
        mutex guard;
        std::int64_t plain = 0;
        std::atomic<int> inside{0};
        const int each = repeated(5'000);
        wait_group all;
        for (int i = 0; i < 10; ++i) {
            all.go([&, i] {
                for (int n = 0; n < each; ++n) {
                    if (i % 3 != 0 || !guard.try_lock()) {
                        guard.lock();
                    }
                    ASSERT_EQ(++inside, 1);
                    ++plain;
                    if (n % 64 == 0) {
                        yield();
                    }
                    --inside;
                    guard.unlock();
                }
            });
        }
        all.wait();
        EXPECT_EQ(plain, std::int64_t{10} * each);
    });
}

TEST_P(mutex_test, try_lock_succeeds_only_when_it_is_free) {
    in_run([] {
        mutex guard;
        EXPECT_TRUE(guard.try_lock());
        EXPECT_FALSE(guard.try_lock());
        guard.unlock();
        EXPECT_TRUE(guard.try_lock());
        guard.unlock();
    });
}

TEST_P(mutex_test, any_goroutine_may_unlock) {
    in_run([] {
        mutex guard;
        guard.lock();
        go([&guard] { guard.unlock(); });
        guard.lock();
        guard.unlock();
    });
}

TEST_P(mutex_test, the_standard_s_locks_work_on_it) {
    in_run([] {
        mutex a;
        mutex b;
        int plain = 0;
        wait_group all;
        for (int i = 0; i < 8; ++i) {
            all.go([&, i] {
                for (int n = 0; n < repeated(500); ++n) {
                    if (i % 2 == 0) {
                        const std::scoped_lock both(a, b);
                        ++plain;
                    } else {
                        const std::scoped_lock both(b, a);
                        --plain;
                    }
                }
            });
        }
        all.wait();
        EXPECT_EQ(plain, 0);
        std::unique_lock hold(a, std::try_to_lock);
        EXPECT_TRUE(hold.owns_lock());
    });
}

TEST_P(mutex_test, a_hog_cannot_starve_others) {
    in_run([] {
        mutex guard;
        std::atomic<bool> over{false};
        wait_group all;
        all.go([&] {
            while (!over) {
                guard.lock();
                sleep(std::chrono::microseconds(100));
                guard.unlock();
            }
        });
        for (int i = 0; i < 10; ++i) {
            sleep(std::chrono::microseconds(100));
            guard.lock();
            guard.unlock();
        }
        over = true;
        all.wait();
    });
}

TEST_P(mutex_test, handed_over_by_turns_it_loses_nobody) {
    // Held for longer than a waiter is patient: the mutex is in its starving mode most of the time.
    in_run([] {
        mutex guard;
        int plain = 0;
        wait_group all;
        for (int i = 0; i < 6; ++i) {
            all.go([&] {
                for (int n = 0; n < 5; ++n) {
                    const std::lock_guard hold(guard);
                    ++plain;
                    sleep(std::chrono::milliseconds(1));
                }
            });
        }
        all.wait();
        EXPECT_EQ(plain, 30);
    });
}

TEST_P(mutex_test, it_is_a_semaphore_for_two) {
    in_run([] {
        mutex turn;
        turn.lock();
        const auto done = make_chan<unit>();
        int steps = 0;
        go([&, done] {
            for (int i = 0; i < repeated(1'000); ++i) {
                turn.lock();
                ++steps;
                done.send({});
            }
        });
        for (int i = 0; i < repeated(1'000); ++i) {
            turn.unlock();
            done.recv();
            ASSERT_EQ(steps, i + 1);
        }
        turn.unlock();
    });
}

TEST_P(mutex_test, who_has_waited_for_too_long_is_handed_it_and_a_newcomer_s_try_fails) {
    in_run([] {
        mutex guard;
        const auto release = make_chan<unit>();
        wait_group all;
        guard.lock();
        const std::uint64_t before = stats().parks;
        all.go([&guard, release] {
            guard.lock();
            release.recv();
            guard.unlock();
        });
        sched::yield_until_parked(before + 1);
        sleep(std::chrono::milliseconds(2));
        const std::uint64_t woken = stats().parks;
        guard.unlock();
        if (guard.try_lock()) {  // else the waiter was faster, and is not starving
            sched::yield_until_parked(woken + 1);
            guard.unlock();
            EXPECT_FALSE(guard.try_lock());
        }
        release.send({});
        all.wait();
        EXPECT_TRUE(guard.try_lock());
        guard.unlock();
    });
}

TEST_P(mutex_test, the_last_user_may_destroy_it) {
    in_run([] {
        constexpr int users = 4;
        struct shared {
            mutex guard;
            int left = users;
        };
        for (int round = 0; round < repeated(3'000); ++round) {
            auto* object = new shared;
            for (int i = 0; i < users; ++i) {
                go([object] {
                    object->guard.lock();
                    const bool last = --object->left == 0;
                    object->guard.unlock();
                    if (last) {
                        delete object;
                    }
                });
            }
            if (round % 100 == 0) {
                yield();
            }
        }
    });
}

INSTANTIATE_TEST_SUITE_P(procs, mutex_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
