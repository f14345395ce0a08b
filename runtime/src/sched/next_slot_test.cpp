#include "sched/next_slot.hpp"

#include "sched/at_procs.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

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
