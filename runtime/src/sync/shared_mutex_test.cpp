#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/diagnostics.hpp>
#include <weft/runtime.hpp>
#include <weft/shared_mutex.hpp>
#include <weft/time.hpp>
#include <weft/wait_group.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>

namespace weft {
namespace {

using sched::repeated;

class shared_mutex_test : public sched::at_procs {};

TEST_P(shared_mutex_test, readers_are_inside_together) {
    in_run([] {
        shared_mutex guard;
        for (const int readers : {1, 3, 4}) {
            const auto inside = make_chan<unit>();
            const auto leave = make_chan<unit>();
            wait_group all;
            for (int i = 0; i < readers; ++i) {
                all.go([&guard, inside, leave] {
                    guard.lock_shared();
                    inside.send({});
                    leave.recv();
                    guard.unlock_shared();
                });
            }
            for (int i = 0; i < readers; ++i) {
                inside.recv();
            }
            EXPECT_FALSE(guard.try_lock());
            for (int i = 0; i < readers; ++i) {
                leave.send({});
            }
            all.wait();
            EXPECT_TRUE(guard.try_lock());
            guard.unlock();
        }
    });
}

TEST_P(shared_mutex_test, trying_succeeds_only_without_conflict) {
    in_run([] {
        shared_mutex guard;
        EXPECT_TRUE(guard.try_lock());
        EXPECT_FALSE(guard.try_lock());
        EXPECT_FALSE(guard.try_lock_shared());
        guard.unlock();
        EXPECT_TRUE(guard.try_lock_shared());
        EXPECT_TRUE(guard.try_lock_shared());
        EXPECT_FALSE(guard.try_lock());
        guard.unlock_shared();
        EXPECT_FALSE(guard.try_lock());
        guard.unlock_shared();
        EXPECT_TRUE(guard.try_lock());
        guard.unlock();
    });
}

TEST_P(shared_mutex_test, a_writer_is_inside_alone) {
    for (const int readers : {1, 3, 10}) {
        in_run([readers] {
            shared_mutex guard;
            std::atomic<int> activity{0};  // 1 for each reader, 10'000 for each writer
            const int each = repeated(300);
            wait_group all;
            const auto read = [&] {
                for (int n = 0; n < each; ++n) {
                    if (n % 3 != 0 || !guard.try_lock_shared()) {
                        guard.lock_shared();
                    }
                    const int before = activity.fetch_add(1);
                    ASSERT_TRUE(before >= 0 && before < 10'000) << before;
                    yield();
                    activity.fetch_sub(1);
                    guard.unlock_shared();
                }
            };
            const auto write = [&] {
                for (int n = 0; n < each; ++n) {
                    if (n % 3 != 0 || !guard.try_lock()) {
                        guard.lock();
                    }
                    ASSERT_EQ(activity.fetch_add(10'000), 0);
                    yield();
                    activity.fetch_sub(10'000);
                    guard.unlock();
                }
            };
            all.go(write);
            for (int i = 0; i < readers / 2; ++i) {
                all.go(read);
            }
            all.go(write);
            for (int i = readers / 2; i < readers; ++i) {
                all.go(read);
            }
            all.wait();
        });
    }
}

TEST_P(shared_mutex_test, it_publishes_what_was_written) {
    in_run([] {
        shared_mutex guard;
        std::int64_t left = 0;
        std::int64_t right = 0;
        wait_group all;
        for (int i = 0; i < 8; ++i) {
            all.go([&, i] {
                for (int n = 0; n < repeated(5'000); ++n) {
                    if (i % 4 == 0) {
                        const std::lock_guard hold(guard);
                        ++left;
                        ++right;
                    } else {
                        const std::shared_lock hold(guard);
                        ASSERT_EQ(left, right);
                    }
                }
            });
        }
        all.wait();
        EXPECT_EQ(left, std::int64_t{2} * repeated(5'000));
    });
}

TEST_P(shared_mutex_test, a_waiting_writer_keeps_new_readers_out) {
    in_run([] {
        shared_mutex guard;
        guard.lock_shared();
        wait_group all;
        const std::uint64_t before = stats().parks;
        all.go([&guard] {
            guard.lock();
            guard.unlock();
        });
        sched::yield_until_parked(before + 1);
        EXPECT_FALSE(guard.try_lock_shared());
        EXPECT_FALSE(guard.try_lock());
        guard.unlock_shared();
        all.wait();
        EXPECT_TRUE(guard.try_lock_shared());
        guard.unlock_shared();
    });
}

TEST_P(shared_mutex_test, readers_that_waited_for_a_writer_go_before_the_next_one) {
    in_run([] {
        constexpr int readers = 10;
        shared_mutex guard;
        std::atomic<int> read{0};
        wait_group all;
        guard.lock();
        const std::uint64_t before = stats().parks;
        for (int i = 0; i < readers / 2; ++i) {
            all.go([&] {
                guard.lock_shared();
                ++read;
                guard.unlock_shared();
            });
        }
        all.go([&] {
            guard.lock();
            EXPECT_EQ(read, readers);
            guard.unlock();
        });
        for (int i = 0; i < readers / 2; ++i) {
            all.go([&] {
                guard.lock_shared();
                ++read;
                guard.unlock_shared();
            });
        }
        sched::yield_until_parked(before + readers + 1);
        guard.unlock();
        all.wait();
        EXPECT_EQ(read, readers);
    });
}

TEST_P(shared_mutex_test, the_readers_that_waited_are_inside_together) {
    in_run([] {
        constexpr int readers = 5;
        shared_mutex guard;
        wait_group all;
        wait_group inside;
        inside.add(readers);
        guard.lock();
        const std::uint64_t before = stats().parks;
        for (int i = 0; i < readers; ++i) {
            all.go([&] {
                guard.lock_shared();
                inside.done();
                inside.wait();
                guard.unlock_shared();
            });
        }
        sched::yield_until_parked(before + readers);
        guard.unlock();
        all.wait();
    });
}

TEST_P(shared_mutex_test, the_last_of_the_readers_lets_the_writer_in) {
    in_run([] {
        shared_mutex guard;
        std::atomic<bool> written{false};
        guard.lock_shared();
        guard.lock_shared();
        wait_group all;
        const std::uint64_t before = stats().parks;
        all.go([&] {
            guard.lock();
            written = true;
            guard.unlock();
        });
        sched::yield_until_parked(before + 1);
        guard.unlock_shared();
        for (int i = 0; i < 20; ++i) {
            yield();
        }
        EXPECT_FALSE(written);
        guard.unlock_shared();
        all.wait();
        EXPECT_TRUE(written);
    });
}

/// Three hold it again and again, and one more comes in even so.
template <class Crowd, class One>
void come_in_between() {
    shared_mutex guard;
    std::atomic<bool> over{false};
    wait_group all;
    for (int i = 0; i < 3; ++i) {
        all.go([&] {
            while (!over) {
                const Crowd hold(guard);
                sleep(std::chrono::microseconds(100));
            }
        });
    }
    for (int i = 0; i < 10; ++i) {
        sleep(std::chrono::microseconds(100));
        const One hold(guard);
    }
    over = true;
    all.wait();
}

using write_hold = std::lock_guard<shared_mutex>;
using read_hold = std::shared_lock<shared_mutex>;

TEST_P(shared_mutex_test, readers_cannot_starve_a_writer) {
    in_run(&come_in_between<read_hold, write_hold>);
}

TEST_P(shared_mutex_test, writers_cannot_starve_a_reader) {
    in_run(&come_in_between<write_hold, read_hold>);
}

TEST_P(shared_mutex_test, any_goroutine_may_unlock) {
    in_run([] {
        shared_mutex guard;
        guard.lock();
        go([&guard] { guard.unlock(); });
        guard.lock_shared();
        go([&guard] { guard.unlock_shared(); });
        guard.lock();
        guard.unlock();
    });
}

TEST_P(shared_mutex_test, whoever_holds_it_alone_may_destroy_it) {
    in_run([] {
        for (int round = 0; round < repeated(3'000); ++round) {
            auto guard = std::make_unique<shared_mutex>();
            guard->lock_shared();
            guard->lock_shared();
            wait_group all;
            all.go([&guard] { guard->unlock_shared(); });
            all.go([&guard] { guard->unlock_shared(); });
            guard->lock();
            guard->unlock();
            guard.reset();
            all.wait();
        }
    });
}

TEST_P(shared_mutex_test, plain_threads_take_part) {
    in_run([] {
        shared_mutex guard;
        int plain = 0;
        const int each = repeated(2'000);
        const auto body = [&] {
            for (int n = 0; n < each; ++n) {
                if (n % 2 == 0) {
                    const std::lock_guard hold(guard);
                    ++plain;
                } else {
                    const std::shared_lock hold(guard);
                    ASSERT_GE(plain, 0);
                }
            }
        };
        wait_group all;
        all.go(body);
        all.go(body);
        std::thread first(body);
        std::thread second(body);
        blocking([&] {
            first.join();
            second.join();
        });
        all.wait();
        EXPECT_EQ(plain, 4 * (each / 2));
    });
}

TEST(shared_mutex_outside_test, what_would_block_throws_and_takes_nothing) {
    shared_mutex guard;
    guard.lock();
    EXPECT_THROW(guard.lock_shared(), std::logic_error);
    EXPECT_THROW(guard.lock(), std::logic_error);
    guard.unlock();
    guard.lock_shared();
    EXPECT_THROW(guard.lock(), std::logic_error);
    EXPECT_TRUE(guard.try_lock_shared());
    guard.unlock_shared();
    guard.unlock_shared();
    EXPECT_TRUE(guard.try_lock());
    guard.unlock();
}

INSTANTIATE_TEST_SUITE_P(procs, shared_mutex_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
