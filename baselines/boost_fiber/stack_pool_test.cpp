#include "stack_pool.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace contender {
namespace {

using boost::context::stack_context;

char* begin_of(const stack_context& stack) {
    return static_cast<char*>(stack.sp) - stack.size;
}

TEST(PooledStack, GivesStacksThatDoNotOverlap) {
    pooled_stack pool;
    std::vector<stack_context> stacks;
    std::set<char*> begins;
    for (int stack = 0; stack < 1000; ++stack) {
        stacks.push_back(pool.allocate());
        ASSERT_EQ(stacks.back().size, stack_bytes);
        begins.insert(begin_of(stacks.back()));
    }
    ASSERT_EQ(begins.size(), stacks.size());
    for (char* previous = nullptr; char* begin : begins) {
        ASSERT_TRUE(previous == nullptr || begin - previous >= std::ptrdiff_t{stack_bytes});
        previous = begin;
    }
    for (stack_context& stack : stacks) {
        std::memset(begin_of(stack), 1, stack.size);
        pool.deallocate(stack);
    }
}

TEST(PooledStack, ReusesTheLastOneFirst) {
    pooled_stack pool;
    stack_context first = pool.allocate();
    void* const top = first.sp;
    pool.deallocate(first);
    stack_context second = pool.allocate();
    EXPECT_EQ(second.sp, top);
    pool.deallocate(second);
}

TEST(PooledStack, IsBoundedWhenOneThreadTakesAndAnotherGivesBack) {
    constexpr int rounds = 50;
    constexpr int stacks_each = 500;
    pooled_stack pool;
    std::set<void*> seen;
    for (int round = 0; round < rounds; ++round) {
        std::vector<stack_context> stacks;
        for (int stack = 0; stack < stacks_each; ++stack) {
            stacks.push_back(pool.allocate());
            seen.insert(stacks.back().sp);
        }
        std::thread([&] {
            for (stack_context& stack : stacks) {
                pool.deallocate(stack);
            }
        }).join();
    }
    // The taker's own cache and what it takes from the depot beyond its need: a few batches.
    EXPECT_LE(seen.size(), 2U * stacks_each);
}

}  // namespace
}  // namespace contender
