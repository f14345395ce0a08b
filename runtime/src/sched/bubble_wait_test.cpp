// Which waits are durable: time passes only if they alone keep the bubble's goroutines.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/testing.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace weft {
namespace {

using namespace std::chrono_literals;

class bubble_wait_test : public sched::at_procs {};

/// Blocks in a way that ends only if the bubble's clock goes on.
void expect_no_time_passes_until(const std::atomic<bool>& done) {
    const time_point start = now();
    sleep(1h);
    EXPECT_TRUE(done);
    EXPECT_EQ(now() - start, 1h);
}

TEST_P(bubble_wait_test, a_condition_variable_is_waited_for_durably) {
    in_run([] {
        bubble([] {
            mutex m;
            condition_variable changed;
            int value = 0;
            int seen = 0;
            for (int i = 1; i <= 3; ++i) {
                go([&, i] {
                    std::unique_lock lock(m);
                    changed.wait(lock, [&] { return value >= i; });
                    ++seen;
                });
            }
            for (int i = 1; i <= 3; ++i) {
                bubble_wait();
                EXPECT_EQ(seen, i - 1);
                {
                    const std::lock_guard lock(m);
                    ++value;
                }
                changed.notify_all();
            }
            bubble_wait();
            EXPECT_EQ(seen, 3);
        });
    });
}

TEST_P(bubble_wait_test, wait_groups_and_groups_and_semaphores_are_waited_for_durably) {
    in_run([] {
        bubble([] {
            const time_point start = now();
            wait_group all;
            all.go([] { sleep(1h); });
            all.wait();
            EXPECT_EQ(now() - start, 1h);
            group limited;
            limited.set_limit(1);
            for (int i = 0; i < 3; ++i) {
                limited.go([] { sleep(1h); });
            }
            limited.wait();
            EXPECT_EQ(now() - start, 4h);
            semaphore one(1);
            one.acquire();
            const timer releasing = after_func(1h, [&] { one.release(); });
            one.acquire();
            EXPECT_EQ(now() - start, 5h);
        });
    });
}

TEST_P(bubble_wait_test, a_semaphore_is_waited_for_durably_until_a_context_ends) {
    in_run([] {
        bubble([] {
            semaphore one(1);
            one.acquire();
            const time_point start = now();
            auto [ctx, cancel] = with_timeout(background(), 1h);
            EXPECT_EQ(one.acquire(ctx), context_errc::deadline_exceeded);
            EXPECT_EQ(now() - start, 1h);
            EXPECT_EQ(one.acquire(with_timeout(background(), 1h).ctx, 2),
                      context_errc::deadline_exceeded);
            EXPECT_EQ(now() - start, 2h);
        });
    });
}

TEST_P(bubble_wait_test, a_mutex_is_not_waited_for_durably) {
    in_run([] {
        mutex m;
        std::atomic<bool> unlocked = false;
        std::atomic<bool> waiting = false;
        m.lock();
        go([&] {
            while (!waiting) {
                yield();
            }
            for (int i = 0; i < 100; ++i) {
                yield();
            }
            unlocked = true;
            m.unlock();
        });
        bubble([&] {
            go([&] {
                waiting = true;
                const std::lock_guard lock(m);
            });
            expect_no_time_passes_until(unlocked);
        });
    });
}

TEST_P(bubble_wait_test, a_blocking_call_is_not_durable) {
    in_run([] {
        std::atomic<bool> returned = false;
        bubble([&] {
            go([&] {
                blocking([] { std::this_thread::sleep_for(5ms); });
                returned = true;
            });
            expect_no_time_passes_until(returned);
        });
    });
}

TEST_P(bubble_wait_test, channels_made_outside_are_not_waited_for_durably) {
    in_run([] {
        const chan<int> outside = make_chan<int>();
        std::atomic<bool> sent = false;
        go([&] {
            for (int i = 0; i < 100; ++i) {
                yield();
            }
            sent = true;
            outside.send(1);
            outside.recv();
            outside.close();
        });
        bubble([&] {
            const chan<int> inside = make_chan<int>();
            go([&] {
                EXPECT_EQ(select(on_recv(inside), on_recv(outside)), 1U);
                EXPECT_EQ(select(on_recv(inside), on_send(outside, 1), on_timeout(1min)), 1U);
                outside.recv();
            });
            expect_no_time_passes_until(sent);
        });
    });
}

INSTANTIATE_TEST_SUITE_P(procs, bubble_wait_test, sched::processor_counts);

}  // namespace
}  // namespace weft
