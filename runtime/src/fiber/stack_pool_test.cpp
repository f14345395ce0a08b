#include "fiber/stack_pool.hpp"

#include "platform/memory.hpp"

#include <gtest/gtest.h>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace weft::fiber {
namespace {

constexpr std::size_t stack_size = 64 << 10;

void never_entered(context&, thread_state&) {
    std::abort();
}

/// A pool whose guards are of the kind that WEFT_GUARD asks for; empty asks for nothing.
class guarded_pool {
public:
    explicit guarded_pool(const std::string& kind) {
        if (kind.empty()) {
            unsetenv("WEFT_GUARD");
        } else {
            setenv("WEFT_GUARD", kind.c_str(), 1);
        }
        pool.open(stack_size, &never_entered);
        unsetenv("WEFT_GUARD");
    }
    stack& take_one() {
        int got = 0;
        return *pool.take(1, &got);
    }
    void give_one(stack& s) { pool.give(&s, &s, 1); }

    stack_pool pool;
};

std::size_t usable_bytes(const stack& s) {
    return static_cast<std::size_t>(reinterpret_cast<const char*>(&s) - s.low);
}

class stack_pool_test : public testing::TestWithParam<const char*> {};

TEST_P(stack_pool_test, the_memory_is_usable_from_end_to_end) {
    guarded_pool stacks(GetParam());
    stack& s = stacks.take_one();
    EXPECT_GE(usable_bytes(s), stack_size - 2048) << "the descriptor takes more than its share";
    char* above_canary = s.low + sizeof(std::uint64_t);
    std::memset(above_canary, 0x5A, 1024);
    EXPECT_EQ(above_canary[1023], 0x5A);
    EXPECT_FALSE(stack_pool::canary_died(s));
}

TEST_P(stack_pool_test, stacks_do_not_overlap) {
    guarded_pool stacks(GetParam());
    std::set<const char*> lows;
    for (int i = 0; i < 2000; ++i) {
        stack& s = stacks.take_one();
        auto [at, fresh] = lows.insert(s.low);
        ASSERT_TRUE(fresh);
        if (at != lows.begin()) {
            ASSERT_GE(s.low - *std::prev(at), static_cast<std::ptrdiff_t>(stack_size));
        }
        if (auto after = std::next(at); after != lows.end()) {
            ASSERT_GE(*after - s.low, static_cast<std::ptrdiff_t>(stack_size));
        }
    }
    EXPECT_EQ(stacks.pool.warm(), 2000U);
    EXPECT_EQ(stacks.pool.unused(), 0U);
}

TEST_P(stack_pool_test, what_was_given_back_is_taken_again) {
    guarded_pool stacks(GetParam());
    stack& s = stacks.take_one();
    stacks.give_one(s);
    EXPECT_EQ(stacks.pool.unused(), 1U);
    EXPECT_EQ(&stacks.take_one(), &s);
    EXPECT_EQ(stacks.pool.unused(), 0U);
    EXPECT_EQ(stacks.pool.warm(), 1U);
}

TEST_P(stack_pool_test, a_chain_is_given_and_taken_whole) {
    guarded_pool stacks(GetParam());
    std::vector<stack*> all;
    for (int i = 0; i < 10; ++i) {
        all.push_back(&stacks.take_one());
    }
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        all[i]->next = all[i + 1];
    }
    all.back()->next = nullptr;
    stacks.pool.give(all.front(), all.back(), 10);
    int got = 0;
    std::set<stack*> taken;
    for (stack* s = stacks.pool.take(64, &got); s != nullptr; s = s->next) {
        taken.insert(s);
    }
    EXPECT_EQ(got, 10);
    EXPECT_EQ(taken, std::set<stack*>(all.begin(), all.end()));
}

TEST_P(stack_pool_test, trimmed_stacks_come_back_made_anew) {
    guarded_pool stacks(GetParam());
    stack& s = stacks.take_one();
    char* low = s.low;
    std::memset(low + 64, 0x5A, 4096);
    stacks.give_one(s);
    if (sanitized) {
        EXPECT_EQ(stacks.pool.trim(8), 0) << "the sanitizers' handles must survive";
        return;
    }
    EXPECT_EQ(stacks.pool.trim(8), 1);
    EXPECT_EQ(stacks.pool.warm(), 0U);
    EXPECT_EQ(stacks.pool.unused(), 0U);
    stack& again = stacks.take_one();
    EXPECT_EQ(again.low, low) << "the slot is not used again";
    EXPECT_EQ(again.low[64], 0) << "the memory was not returned";
    EXPECT_EQ(stacks.pool.warm(), 1U);
    EXPECT_FALSE(stack_pool::canary_died(again));
}

TEST_P(stack_pool_test, tops_are_spread_over_the_cache) {
    guarded_pool stacks(GetParam());
    std::set<std::uintptr_t> offsets;
    for (int i = 0; i < 16; ++i) {
        offsets.insert(reinterpret_cast<std::uintptr_t>(&stacks.take_one()) % platform::page_size);
    }
    EXPECT_EQ(offsets.size(), 16U);
}

TEST_P(stack_pool_test, close_releases_stacks_in_use_too) {
    guarded_pool stacks(GetParam());
    stacks.take_one();
    stacks.pool.close();
    EXPECT_EQ(stacks.pool.warm(), 0U);
}

std::string name_of(const testing::TestParamInfo<const char*>& kind) {
    return *kind.param == '\0' ? "best" : kind.param;
}
INSTANTIATE_TEST_SUITE_P(guard, stack_pool_test, testing::Values("", "mprotect", "canary", "none"),
                         &name_of);

TEST(stack_pool_guard_test, each_kind_can_be_asked_for) {
    EXPECT_EQ(guarded_pool("mprotect").pool.guards(), guard_kind::mprotect);
    EXPECT_EQ(guarded_pool("canary").pool.guards(), guard_kind::canary);
    EXPECT_EQ(guarded_pool("none").pool.guards(), guard_kind::none);
    const guard_kind best = guarded_pool("").pool.guards();
    EXPECT_TRUE(best == guard_kind::madvise || best == guard_kind::mprotect);
}

TEST(stack_pool_guard_test, the_byte_below_the_stack_faults) {
    for (const char* kind : {"", "mprotect"}) {
        guarded_pool stacks(kind);
        stack& s = stacks.take_one();
        EXPECT_TRUE(stacks.pool.overflows(s, s.low - 1));
        EXPECT_FALSE(stacks.pool.overflows(s, s.low));
        volatile char* below = s.low - 1;
        EXPECT_DEATH(*below = 1, "") << kind;
    }
}

TEST(stack_pool_guard_test, guards_survive_reuse) {
    guarded_pool stacks("");
    stack& s = stacks.take_one();
    stacks.give_one(s);
    stacks.pool.trim(1);
    stack& again = stacks.take_one();
    volatile char* below = again.low - 1;
    EXPECT_DEATH(*below = 1, "");
}

TEST(stack_pool_guard_test, a_canary_dies_of_an_overflow) {
    guarded_pool stacks("canary");
    stack& s = stacks.take_one();
    EXPECT_FALSE(stack_pool::canary_died(s));
    std::memset(s.low, 0, 16);
    EXPECT_TRUE(stack_pool::canary_died(s));
}

}  // namespace
}  // namespace weft::fiber
