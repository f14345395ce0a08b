#include "fiber/backtrace.hpp"

#include "fiber/call_frame_info.hpp"
#include "fiber/stack_pool.hpp"
#include "fiber/switch.hpp"
#include "sched/at_procs.hpp"

#include <gtest/gtest.h>
#include <array>
#include <random>
#include <vector>

namespace weft::fiber {
namespace {

std::vector<std::uint8_t> encoded(std::initializer_list<int> bytes) {
    return {bytes.begin(), bytes.end()};
}

TEST(table_reader_test, numbers_of_variable_length) {
    const auto bytes = encoded({0x02, 0xe5, 0x8e, 0x26, 0x7f, 0x80, 0x7f});
    table_reader in(bytes.data(), bytes.data() + bytes.size());
    EXPECT_EQ(in.unsigned_leb(), 2U);
    EXPECT_EQ(in.unsigned_leb(), 624485U);
    EXPECT_EQ(in.signed_leb(), -1);
    EXPECT_EQ(in.signed_leb(), -128);
    EXPECT_TRUE(in.good());
    EXPECT_TRUE(in.at_end());
}

TEST(table_reader_test, nothing_is_read_beyond_the_end) {
    const auto bytes = encoded({0x05, 1, 2, 3});
    table_reader in(bytes.data(), bytes.data() + bytes.size());
    EXPECT_EQ(in.block().begin, nullptr);
    EXPECT_FALSE(in.good());
    EXPECT_EQ(in.number<std::uint64_t>(), 0U);
    const auto endless = encoded({0x80, 0x80});
    in = table_reader(endless.data(), endless.data() + endless.size());
    in.unsigned_leb();
    EXPECT_FALSE(in.good());
}

TEST(call_frame_info_test, what_is_no_code_has_no_rules) {
    const int data = 0;
    for (const std::uintptr_t address : {std::uintptr_t{0}, std::uintptr_t{1}, ~std::uintptr_t{0},
                                         reinterpret_cast<std::uintptr_t>(&data)}) {
        EXPECT_FALSE(find_frame_rules(address));
        EXPECT_EQ(function_begin(address), 0U);
    }
}

#if defined(__x86_64__)
TEST(call_frame_info_test, a_function_is_entered_with_its_return_address_on_top_of_the_stack) {
    const auto begin = reinterpret_cast<std::uintptr_t>(&switch_to);
    EXPECT_EQ(function_begin(begin + 1), begin);
    const auto rules = find_frame_rules(begin);
    ASSERT_TRUE(rules);
    EXPECT_EQ(rules->frame_register, 7U);
    EXPECT_EQ(rules->frame_offset, 8);
    EXPECT_EQ(rules->registers[16].how, register_rule::kind::at_offset);
    EXPECT_EQ(rules->registers[16].offset, -8);
}
#endif

TEST(backtrace_test, a_stack_pointer_from_elsewhere_gives_an_empty_trace) {
    std::array<std::uintptr_t, 64> memory{};
    std::array<std::uintptr_t, 8> addresses{};
    const auto low = reinterpret_cast<std::uintptr_t>(memory.data());
    const memory_range stack{low, low + sizeof memory};
    const std::uintptr_t high = stack.high;
    for (const std::uintptr_t pointer :
         {std::uintptr_t{0}, low - 8, low, low + 3, high - 8, high, ~std::uintptr_t{7}}) {
        const void* const saved = reinterpret_cast<const void*>(pointer);
        EXPECT_EQ(trace_parked(saved, stack, addresses).count, 0U);
        EXPECT_EQ(trace_parked(saved, {}, addresses).count, 0U);
    }
}

/// Stacks made of what stacks are made of, in no order: addresses of code, of the stack itself,
/// small numbers.
TEST(backtrace_test, no_stack_is_so_damaged_that_the_walk_leaves_it) {
    std::mt19937_64 random(7);  // NOLINT(cert-msc51-cpp): the same stacks each time
    std::array<std::uintptr_t, 512> memory{};
    std::array<std::uintptr_t, 64> addresses{};
    const auto low = reinterpret_cast<std::uintptr_t>(memory.data());
    const auto code = reinterpret_cast<std::uintptr_t>(&switch_to);
    std::size_t longest = 0;
    for (int i = 0; i < sched::repeated(20'000); ++i) {
        for (std::uintptr_t& word : memory) {
            switch (random() % 4) {
                case 0:
                    word = code + random() % 300;
                    break;
                case 1:
                    word = code - 40'000 + random() % 80'000;
                    break;
                case 2:
                    word = low + random() % (sizeof memory + 64);
                    break;
                default:
                    word = random() >> (random() % 64);
            }
        }
        const void* pointer = &memory[random() % memory.size()];
        const trace found = trace_parked(pointer, {low, low + sizeof memory}, addresses);
        longest = std::max(longest, found.count);
    }
    EXPECT_GT(longest, 0U);
}

TEST(stack_memory_test, a_slot_is_what_its_stack_may_use) {
    stack_pool pool;
    pool.open(64 << 10, nullptr);
    EXPECT_TRUE(pool.memory().empty());
    int got = 0;
    stack* const chain = pool.take(3, &got);
    const std::vector<memory_range> memory = pool.memory();
    ASSERT_EQ(memory.size(), 1U);
    for (const stack* each = chain; each != nullptr; each = each->next) {
        const auto address = reinterpret_cast<std::uintptr_t>(each);
        const memory_range slot = pool.slot_around(memory.front(), address);
        EXPECT_EQ(slot.low, reinterpret_cast<std::uintptr_t>(each->low));
        EXPECT_TRUE(slot.holds(address, sizeof *each));
    }
    pool.close();
}

}  // namespace
}  // namespace weft::fiber
