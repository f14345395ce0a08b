// The linker puts the functions at the head of this file before two of the library's (`--wrap`, see
// cmake/tests.cmake): where a thief is between its two flags, and where the owner waits for it.
#include "sched/next_slot.hpp"

#include "sched/at_procs.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace weft::sched {
namespace {

// Each for one time, on the thread that has set it.
thread_local std::function<void()> at_fence;
thread_local std::function<void()> at_wait;

}  // namespace
}  // namespace weft::sched

namespace weft::platform {

void real_fence() noexcept asm("__real_" WEFT_HEAVY_FENCE);
void told_fence() noexcept asm("__wrap_" WEFT_HEAVY_FENCE);
void real_yield() noexcept asm("__real_" WEFT_YIELD_THREAD);
void told_yield() noexcept asm("__wrap_" WEFT_YIELD_THREAD);

void told_fence() noexcept {
    real_fence();
    if (sched::at_fence) {
        std::exchange(sched::at_fence, {})();
    }
}

void told_yield() noexcept {
    if (sched::at_wait) {
        std::exchange(sched::at_wait, {})();
    }
    real_yield();
}

}  // namespace weft::platform

namespace weft::sched {
namespace {

TEST(next_slot_test, exchange_returns_what_was_there) {
    next_slot slot;
    goroutine a;
    goroutine b;
    EXPECT_EQ(slot.exchange(&a), nullptr);
    EXPECT_EQ(slot.peek(), &a);
    EXPECT_EQ(slot.exchange(&b), &a);
    EXPECT_EQ(slot.take(), &b);
    EXPECT_EQ(slot.take(), nullptr);
}

TEST(next_slot_test, what_was_stolen_is_gone) {
    next_slot slot;
    goroutine a;
    EXPECT_EQ(slot.steal(), nullptr);
    slot.exchange(&a);
    EXPECT_EQ(slot.steal(), &a);
    EXPECT_EQ(slot.steal(), nullptr);
    EXPECT_EQ(slot.take(), nullptr);
}

/// With flags that went down while the owner waited, thieves in a row kept it out for minutes.
TEST(next_slot_test, an_owner_that_waits_for_one_thief_keeps_the_next_one_out) {
    platform::prepare_fences();
    next_slot slot;
    std::atomic<bool> inside{false};
    std::atomic<bool> may_leave{false};
    std::thread thief([&] {
        at_fence = [&] {
            inside = true;
            while (!may_leave) {
                std::this_thread::yield();
            }
        };
        EXPECT_EQ(slot.steal(), nullptr);
    });
    while (!inside) {
        std::this_thread::yield();
    }
    bool waited = false;
    bool entered = false;
    at_wait = [&] {
        waited = true;
        may_leave = true;
        thief.join();
        at_fence = [&entered] { entered = true; };
        EXPECT_EQ(slot.steal(), nullptr);
        at_fence = {};
    };
    goroutine mine;
    EXPECT_EQ(slot.exchange(&mine), nullptr);
    EXPECT_TRUE(waited);
    EXPECT_FALSE(entered);
    EXPECT_EQ(slot.take(), &mine);
}

TEST(next_slot_test, owner_and_thieves_get_every_goroutine_exactly_once) {
    platform::prepare_fences();
    constexpr int thieves = 2;
    const auto count = static_cast<std::size_t>(repeated(200'000));
    const auto all = std::make_unique<goroutine[]>(count);
    std::vector<std::atomic<int>> seen(count);
    std::atomic<bool> over{false};
    next_slot slot;
    const auto note = [&](goroutine* g) {
        if (g != nullptr) {
            seen[g->id].fetch_add(1, std::memory_order_relaxed);
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < thieves; ++i) {
        threads.emplace_back([&] {
            while (!over.load(std::memory_order_relaxed)) {
                note(slot.steal());
            }
        });
    }
    for (std::size_t i = 0; i < count; ++i) {
        all[i].id = i;
        note(slot.exchange(&all[i]));
        if (i % 2 == 0) {
            note(slot.take());
        }
    }
    note(slot.take());
    over = true;
    for (std::thread& each : threads) {
        each.join();
    }
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(seen[i], 1) << "goroutine " << i;
    }
}

}  // namespace
}  // namespace weft::sched
