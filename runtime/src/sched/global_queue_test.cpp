#include "sched/global_queue.hpp"

#include <gtest/gtest.h>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace weft::sched {
namespace {

constexpr std::size_t count = 5000;  // several times as many as the ring begins with

struct global_queue_test : testing::Test {
    global_queue queue;
    run_queue mine;
    std::unique_ptr<goroutine[]> all = std::make_unique<goroutine[]>(count);
    std::size_t pushed = 0;
    std::uint64_t expected = 0;

    void push(std::size_t n) {
        std::vector<goroutine*> some;
        for (; some.size() < n; ++pushed) {
            all[pushed].id = pushed;
            some.push_back(&all[pushed]);
        }
        queue.push(some);
    }
    void expect_next(const goroutine* g) {
        ASSERT_NE(g, nullptr);
        EXPECT_EQ(g->id, expected++);
    }
    std::size_t move(std::size_t most) {
        const std::size_t before = queue.size();
        queue.move_to(mine, most);
        return before - queue.size();
    }
};

TEST_F(global_queue_test, keeps_the_order_over_the_ends_of_the_ring_and_as_it_grows) {
    while (pushed + 129 < count) {  // as a run queue overflows; fewer are taken than come
        push(128);
        push(1);
        expect_next(queue.pop());
        EXPECT_EQ(move(100), 100U);
        while (const goroutine* g = mine.pop()) {
            expect_next(g);
        }
    }
    while (const goroutine* g = queue.pop()) {
        expect_next(g);
    }
    EXPECT_EQ(expected, pushed);
    EXPECT_TRUE(queue.empty());
}

TEST_F(global_queue_test, moves_no_more_than_there_is_and_than_there_is_room_for) {
    push(0);  // as when thieves were faster than an overflow
    EXPECT_EQ(move(1), 0U);
    push(10);
    EXPECT_EQ(move(100), 10U);
    push(run_queue::capacity);
    EXPECT_EQ(move(run_queue::capacity), run_queue::capacity - 10);
    EXPECT_EQ(queue.size(), 10U);
    EXPECT_EQ(move(1), 0U);
    while (const goroutine* g = mine.pop()) {
        expect_next(g);
    }
    EXPECT_EQ(move(0), 0U);
    EXPECT_EQ(move(100), 10U);
    while (const goroutine* g = mine.pop()) {
        expect_next(g);
    }
    EXPECT_EQ(expected, pushed);
}

}  // namespace
}  // namespace weft::sched
