#include <weft/select_list.hpp>

#include "sched/at_procs.hpp"
#include "sched/panic_of.hpp"

#include <weft/error.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {
std::atomic<int> allocations{0};
}

[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) {
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace weft {
namespace {

using sched::repeated;
using sched::yield_until_parked;
using namespace std::chrono_literals;

class select_list_test : public sched::at_procs {};

TEST_P(select_list_test, runs_the_handler_of_the_case_that_can_proceed_and_returns_its_index) {
    in_run([] {
        const auto empty = make_chan<int>();
        const auto holds = make_chan<int>(1);
        const auto room = make_chan<std::string>(1);
        holds.send(7);
        std::optional<int> got;
        select_list list;
        list.on_recv(empty).on_recv(holds, [&](std::optional<int> v) { got = v; });
        EXPECT_EQ(list.select(), 1U);
        EXPECT_EQ(got, 7);
        list.on_send(room, "eight");
        EXPECT_EQ(list.select(), 2U);
        EXPECT_EQ(room.recv(), "eight");
        list.on_timeout(1ms).on_timeout(2ms);
        EXPECT_EQ(list.select(), 3U);
        list.otherwise([&] { got = 0; });
        EXPECT_EQ(list.select(), 5U);
        EXPECT_EQ(got, 0);
    });
}

TEST_P(select_list_test, a_send_that_was_chosen_is_spent_until_set_anew) {
    in_run([] {
        const auto ch = make_chan<int>(3);
        int sent = 0;
        const auto count = [&sent] { ++sent; };
        select_list list;
        list.on_send(ch, 1, count).otherwise();
        EXPECT_EQ(list.select(), 0U);
        EXPECT_EQ(list.select(), 1U);
        list.on_send(ch, 2, count);
        EXPECT_EQ(list.select(), 0U);
        list.on_send(ch, 3);  // without the handler: another type of case in the same place
        EXPECT_EQ(list.select(), 0U);
        EXPECT_EQ(list.select(), 1U);
        EXPECT_EQ(sent, 2);
        for (const int expected : {1, 2, 3}) {
            EXPECT_EQ(ch.recv(), expected);
        }
    });
}

TEST_P(select_list_test, of_two_sends_on_a_channel_the_one_chosen_last_is_set_anew) {
    in_run([] {
        const auto ch = make_chan<int>(4);
        const auto other = make_chan<int>();
        select_list list;
        list.on_send(ch, 1).on_send(ch, 2).on_send(other, 5);
        const std::size_t first = list.select();
        const std::size_t second = list.select();
        EXPECT_EQ(first + second, 1U);
        list.on_send(ch, 3).otherwise();
        EXPECT_EQ(list.select(), second);
        EXPECT_EQ(list.select(), 3U);
        list.on_send(ch, 4);
        list.on_send(ch, 4);
        list.on_send(ch, 4);
        EXPECT_NE(list.select(), 3U);
        EXPECT_EQ(ch.len(), 4U);
    });
}

TEST_P(select_list_test, a_value_that_was_not_chosen_stays) {
    in_run([] {
        const auto ch = make_chan<std::unique_ptr<int>>(1);
        select_list list;
        list.on_send(ch, std::make_unique<int>(6));
        {
            const auto full = make_chan<int>(1);
            full.send(1);
            select_list both;
            both.on_recv(full).on_send(make_chan<std::unique_ptr<int>>(), std::make_unique<int>(1));
            EXPECT_EQ(both.select(), 0U);
        }
        EXPECT_EQ(list.select(), 0U);
        EXPECT_EQ(**ch.recv(), 6);
    });
}

TEST_P(select_list_test, a_closed_channel_panics_each_time) {
    in_run([] {
        const auto ch = make_chan<int>(1);
        ch.close();
        select_list list;
        list.on_send(ch, 1);
        EXPECT_THROW(list.select(), panic);
        EXPECT_THROW(list.select(), panic);
        std::optional<int> got = 1;
        select_list receiving;
        receiving.on_recv(ch, [&](std::optional<int> v) { got = v; });
        EXPECT_EQ(receiving.select(), 0U);
        EXPECT_EQ(got, std::nullopt);
    });
}

TEST_P(select_list_test, two_otherwise_panic) {
    in_run([] {
        select_list list;
        list.otherwise();
        EXPECT_EQ(sched::panic_of([&list] { list.otherwise(); }),
                  "reflect.Select: multiple default cases");
        EXPECT_EQ(list.select(), 0U);
    });
}

TEST_P(select_list_test, a_handler_may_set_its_own_case_anew_and_select_again) {
    in_run([] {
        const auto ch = make_chan<int>(8);
        const auto witness = std::make_shared<int>(0);
        select_list list;
        struct again {
            select_list* list;
            chan<int> ch;
            std::shared_ptr<int> witness;
            void operator()() {
                if (++*witness < 8) {
                    list->on_send(ch, *witness, *this);
                    if (*witness % 2 == 0) {
                        list->select();
                    }
                }
                EXPECT_GT(witness.use_count(), 1);  // it is whole, though it was replaced
            }
        };
        list.on_send(ch, 0, again{&list, ch, witness}).on_timeout(0s);
        while (list.select() == 0 || *witness < 8) {
        }
        for (int i = 0; i < 8; ++i) {
            EXPECT_EQ(ch.recv(), i);
        }
        list = select_list();
        EXPECT_EQ(witness.use_count(), 1);
    });
}

TEST_P(select_list_test, what_a_handler_throws_leaves_select) {
    in_run([] {
        const auto ch = make_chan<int>(2);
        select_list list;
        list.on_send(ch, 1, [] { throw std::runtime_error("mine"); }).otherwise();
        EXPECT_THROW(list.select(), std::runtime_error);
        EXPECT_EQ(ch.recv(), 1);
        EXPECT_EQ(list.select(), 1U);
    });
}

TEST_P(select_list_test, nil_channels_never_proceed) {
    in_run([] {
        select_list list;
        list.on_recv(chan<int>()).on_send(chan<int>(), 1).on_timeout(1ms);
        EXPECT_EQ(list.select(), 2U);
    });
}

TEST_P(select_list_test, ten_thousand_cases_wait_and_one_is_found) {
    in_run([] {
        constexpr std::size_t many = 10'000;
        std::vector<chan<std::size_t>> channels;
        select_list list;
        std::optional<std::size_t> got;
        for (std::size_t i = 0; i < many; ++i) {
            channels.push_back(make_chan<std::size_t>());
            list.on_recv(channels.back(), [&got](std::optional<std::size_t> v) { got = v; });
        }
        const std::uint64_t parked = stats().parks;
        wait_group all;
        const int rounds = repeated(20);
        all.go([&] {
            for (int i = 0; i < rounds; ++i) {
                yield_until_parked(parked + static_cast<std::uint64_t>(i) + 1);
                channels[static_cast<std::size_t>(i) * 499 % many].send(
                    static_cast<std::size_t>(i));
            }
        });
        for (int i = 0; i < rounds; ++i) {
            EXPECT_EQ(list.select(), static_cast<std::size_t>(i) * 499 % many);
            EXPECT_EQ(got, static_cast<std::size_t>(i));
        }
        all.wait();
        list.otherwise();
        EXPECT_EQ(list.select(), many);
    });
}

TEST_P(select_list_test, ready_cases_are_chosen_from_evenly) {
    in_run([] {
        std::array<chan<int>, 4> channels;
        std::array<int, 4> chosen{};
        select_list list;
        for (auto& each : channels) {
            each = make_chan<int>();
            each.close();
            list.on_recv(each);
        }
        constexpr int trials = 10'000;
        for (int i = 0; i < trials; ++i) {
            ++chosen[list.select()];
        }
        for (const int count : chosen) {  // ten standard deviations
            EXPECT_NEAR(count, trials / 4, 450);
        }
    });
}

TEST_P(select_list_test, an_often_used_list_allocates_nothing) {
    in_run([] {
        const auto ch = make_chan<int>(1);
        select_list list;
        list.on_send(ch, 0).on_recv(ch).on_timeout(1h);
        list.select();
        list.select();
        const int before = allocations;
        for (int i = 0; i < 100; ++i) {
            list.on_send(ch, i);
            EXPECT_EQ(list.select(), 0U);
            EXPECT_EQ(list.select(), 1U);
        }
        // The test framework and other threads may have some of their own.
        EXPECT_LT(allocations - before, 50);
    });
}

TEST_P(select_list_test, lists_pass_values_to_each_other_without_loss) {
    in_run([] {
        const int count = repeated(5'000);
        std::vector<chan<int>> lanes{make_chan<int>(), make_chan<int>(1), make_chan<int>(7)};
        wait_group senders;
        wait_group receivers;
        std::atomic<long> sum{0};
        const auto stop = make_chan<unit>();
        for (int s = 0; s < 3; ++s) {
            senders.go([&] {
                select_list list;
                for (int i = 0; i < count; ++i) {
                    for (const auto& lane : lanes) {
                        list.on_send(lane, 1);
                    }
                    list.select();
                    if (i % 100 == 0) {
                        list = select_list();
                    }
                }
            });
            receivers.go([&] {
                select_list list;
                bool over = false;
                for (const auto& lane : lanes) {
                    list.on_recv(lane, [&](std::optional<int> v) { sum += *v; });
                }
                list.on_recv(stop, [&] { over = true; });
                while (!over) {
                    list.select();
                }
            });
        }
        senders.wait();
        while (lanes[1].len() + lanes[2].len() > 0) {
            yield();
        }
        stop.close();
        receivers.wait();
        EXPECT_EQ(sum, 3L * count);
    });
}

TEST_P(select_list_test, a_plain_thread_may_use_one) {
    in_run([] {
        const auto ch = make_chan<int>();
        std::thread thread([ch] {
            select_list list;
            list.on_send(ch, 4).on_recv(chan<int>());
            list.select();
        });
        EXPECT_EQ(ch.recv(), 4);
        thread.join();
    });
}

TEST(select_list_outside_run_test, what_would_block_throws_and_what_would_not_works) {
    const auto ch = make_chan<int>(1);
    select_list list;
    list.on_recv(ch);
    EXPECT_THROW(list.select(), std::logic_error);
    EXPECT_THROW(select_list().select(), std::logic_error);
    int value = 3;
    ch.try_send(value);
    EXPECT_EQ(list.select(), 0U);
}

INSTANTIATE_TEST_SUITE_P(procs, select_list_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
