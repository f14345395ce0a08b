#include "sched/run_queue.hpp"

#include "fiber/sanitizer.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

constexpr std::uint32_t capacity = run_queue::capacity;

/// Every property must hold wherever the indices stand, above all where they wrap.
class run_queue_test : public testing::TestWithParam<std::uint32_t> {
protected:
    run_queue queue{GetParam()};
    std::unique_ptr<goroutine[]> all = std::make_unique<goroutine[]>(capacity + 1);

    void fill(std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            all[i].id = i;
            ASSERT_TRUE(queue.push(all[i]));
        }
    }
};

TEST_P(run_queue_test, first_in_first_out) {
    fill(capacity);
    for (std::uint32_t i = 0; i < capacity; ++i) {
        EXPECT_EQ(queue.pop(), &all[i]);
    }
    EXPECT_EQ(queue.pop(), nullptr);
    EXPECT_TRUE(queue.empty());
}

TEST_P(run_queue_test, takes_no_more_than_its_capacity) {
    fill(capacity);
    EXPECT_FALSE(queue.push(all[capacity]));
    EXPECT_EQ(queue.pop(), &all[0]);
    EXPECT_TRUE(queue.push(all[capacity]));
}

TEST_P(run_queue_test, many_at_once_as_far_as_there_is_room) {
    std::vector<goroutine*> some;
    for (std::uint32_t i = 0; i <= capacity; ++i) {
        some.push_back(&all[i]);
    }
    EXPECT_EQ(queue.push({some.data(), 3}), 3U);
    EXPECT_EQ(queue.push({some.data() + 3, some.size() - 3}), capacity - 3);
    EXPECT_EQ(queue.push({some.data() + capacity, 1}), 0U);
    for (std::uint32_t i = 0; i < capacity; ++i) {
        EXPECT_EQ(queue.pop(), &all[i]);
    }
    EXPECT_EQ(queue.pop(), nullptr);
}

TEST_P(run_queue_test, pop_half_takes_the_older_half_in_order) {
    fill(capacity);
    const auto taken = queue.pop_half();
    ASSERT_EQ(taken.size(), capacity / 2);
    for (std::uint32_t i = 0; i < capacity / 2; ++i) {
        EXPECT_EQ(taken[i], &all[i]);
    }
    for (std::uint32_t i = capacity / 2; i < capacity; ++i) {
        EXPECT_EQ(queue.pop(), &all[i]);
    }
}

TEST_P(run_queue_test, a_thief_takes_the_older_half_rounded_up) {
    for (std::uint32_t count = 0; count <= capacity; ++count) {
        run_queue mine{GetParam() + count};
        fill(count);
        std::vector<std::uint64_t> stolen;
        if (goroutine* g = queue.steal_into(mine)) {
            stolen.push_back(g->id);
        }
        while (goroutine* g = mine.pop()) {
            stolen.push_back(g->id);
        }
        ASSERT_EQ(stolen.size(), count - count / 2);
        std::sort(stolen.begin(), stolen.end());
        for (std::uint32_t i = 0; i < stolen.size(); ++i) {
            ASSERT_EQ(stolen[i], i);
        }
        for (std::uint32_t i = count - count / 2; i < count; ++i) {
            ASSERT_EQ(queue.pop(), &all[i]);
        }
    }
}

TEST_P(run_queue_test, owner_and_thieves_get_every_goroutine_exactly_once) {
    constexpr int thieves = 3;
    const int rounds = fiber::sanitized ? 200 : 2000;
    std::vector<std::atomic<int>> seen(capacity);
    std::atomic<int> left{0};
    std::atomic<bool> over{false};
    const auto count = [&](const goroutine& g) {
        seen[g.id].fetch_add(1);
        left.fetch_sub(1);
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < thieves; ++i) {
        threads.emplace_back([&, i] {
            run_queue mine{GetParam() + static_cast<std::uint32_t>(i)};
            while (!over) {
                if (goroutine* g = queue.steal_into(mine)) {
                    count(*g);
                }
                while (goroutine* g = mine.pop()) {
                    count(*g);
                }
                std::this_thread::yield();
            }
        });
    }
    for (int round = 1; round <= rounds; ++round) {
        left = capacity;
        for (std::uint32_t i = 0; i < capacity; ++i) {
            all[i].id = i;
            while (!queue.push(all[i])) {
            }
            if (i % 3 == 0) {
                if (goroutine* g = queue.pop()) {
                    count(*g);
                }
            }
        }
        while (left != 0) {
            if (goroutine* g = queue.pop()) {
                count(*g);
            }
        }
        ASSERT_TRUE(std::all_of(seen.begin(), seen.end(), [&](auto& n) { return n == round; }));
    }
    over = true;
    for (std::thread& each : threads) {
        each.join();
    }
}

INSTANTIATE_TEST_SUITE_P(first_index, run_queue_test,
                         testing::Values(0U, 77U, std::numeric_limits<std::uint32_t>::max() - 100));

}  // namespace
}  // namespace weft::sched
