// Meeting points outside of channels that live longer than a run: what waited in it is gone.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <cstdint>
#include <mutex>

namespace weft {
namespace {

class sync_run_test : public sched::at_procs {
protected:
    /// Ends a run while `waiters` goroutines wait in `body`.
    template <class F>
    void abandon(int waiters, F body) {
        run(
            [&] {
                for (int i = 0; i < waiters; ++i) {
                    go([&body, i] { body(i); });
                }
                sched::yield_until_parked(static_cast<std::uint64_t>(waiters));
            },
            {.procs = GetParam()});
    }
};

TEST_P(sync_run_test, readers_of_an_earlier_run_are_not_let_in) {
    shared_mutex guard;
    guard.lock();
    abandon(3, [&guard](int) { guard.lock_shared(); });
    guard.unlock();
    EXPECT_TRUE(guard.try_lock());
    in_run([&guard] {
        go([&guard] { guard.unlock(); });
        guard.lock_shared();
        guard.unlock_shared();
    });
}

TEST_P(sync_run_test, a_writer_of_an_earlier_run_is_in_nobody_s_way) {
    shared_mutex guard;
    guard.lock_shared();
    guard.lock_shared();
    // One waits for the readers, one for that one, and one queues behind.
    abandon(3, [&guard](int i) {
        if (i < 2) {
            guard.lock();
        }
        while (guard.try_lock_shared()) {
            guard.unlock_shared();
            yield();
        }
        guard.lock_shared();
    });
    guard.unlock_shared();
    in_run([&guard] {
        EXPECT_FALSE(guard.try_lock_shared());
        guard.unlock_shared();
        guard.lock();
        guard.unlock();
        EXPECT_TRUE(guard.try_lock_shared());
        guard.unlock_shared();
    });
}

TEST_P(sync_run_test, a_condition_variable_of_an_earlier_run_wakes_nobody) {
    mutex guard;
    condition_variable changed;
    abandon(2, [&](int) {
        std::unique_lock hold(guard);
        changed.wait(hold);
    });
    changed.notify_one();
    in_run([&] {
        wait_group all;
        std::unique_lock hold(guard);
        all.go([&] {
            const std::lock_guard again(guard);
            changed.notify_one();
        });
        changed.wait(hold);
        hold.unlock();
        changed.notify_all();
        all.wait();
    });
}

TEST_P(sync_run_test, who_waited_for_a_semaphore_in_an_earlier_run_gets_no_tokens) {
    semaphore free(2);
    auto [ctx, cancel] = with_cancel(background());
    free.acquire(2);
    abandon(4, [&, ctx = ctx](int i) {
        if (i % 2 == 0) {
            free.acquire();
        } else {
            static_cast<void>(free.acquire(ctx));
        }
    });
    free.release(2);
    EXPECT_TRUE(free.try_acquire(2));
    cancel();
    in_run([&] {
        go([&free] { free.release(2); });
        free.acquire(2);
    });
}

TEST_P(sync_run_test, a_group_waits_for_no_goroutine_of_an_earlier_run) {
    const auto never = make_chan<unit>();
    group outside;
    group inside;
    outside.set_limit(1);
    run(
        [&] {
            outside.go([never] { never.recv(); });
            inside.go([never] { never.recv(); });
            go([&] { outside.go([] {}); });
            go([&] { outside.wait(); });
            sched::yield_until_parked(4);
        },
        {.procs = GetParam()});
    outside.wait();
    in_run([&] {
        inside.wait();
        bool ran = false;
        EXPECT_TRUE(outside.try_go([&ran] { ran = true; }));
        outside.wait();
        EXPECT_TRUE(ran);
    });
}

TEST_P(sync_run_test, a_group_may_end_after_the_run_of_its_goroutines) {
    const auto never = make_chan<unit>();
    group outside;
    run(
        [&] {
            outside.go([never] { never.recv(); });
            sched::yield_until_parked(1);
        },
        {.procs = GetParam()});
}

INSTANTIATE_TEST_SUITE_P(procs, sync_run_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
