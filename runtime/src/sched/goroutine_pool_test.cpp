#include "sched/goroutine_pool.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

constexpr std::size_t capacity = magazine::capacity;

TEST(goroutine_pool_test, a_full_magazine_holds_distinct_descriptors) {
    goroutine_pool pool;
    auto stock = std::make_unique<magazine>();
    pool.refill(stock);
    ASSERT_TRUE(stock->full());
    std::set<goroutine*> distinct;
    while (!stock->empty()) {
        distinct.insert(&stock->pop());
    }
    EXPECT_EQ(distinct.size(), capacity);
}

TEST(goroutine_pool_test, a_magazine_given_back_is_handed_out_again) {
    goroutine_pool pool;
    auto stock = std::make_unique<magazine>();
    pool.refill(stock);
    const magazine* const filled = stock.get();
    pool.relieve(stock);
    EXPECT_TRUE(stock->empty());
    pool.refill(stock);
    EXPECT_EQ(stock.get(), filled);
}

TEST(goroutine_pool_test, single_descriptors_are_handed_out_again) {
    goroutine_pool pool;
    goroutine& one = pool.take_one();
    goroutine& two = pool.take_one();
    EXPECT_NE(&one, &two);
    pool.give_one(one);
    EXPECT_EQ(&pool.take_one(), &one);
}

TEST(goroutine_pool_test, every_descriptor_is_visited_once) {
    goroutine_pool pool;
    std::vector<std::unique_ptr<magazine>> stocks;
    for (int i = 0; i < 40; ++i) {
        stocks.push_back(std::make_unique<magazine>());
        pool.refill(stocks.back());
    }
    std::set<const goroutine*> visited;
    std::size_t visits = 0;
    pool.for_each([&](const goroutine& g) {
        visited.insert(&g);
        ++visits;
    });
    EXPECT_EQ(visits, 40 * capacity);
    EXPECT_EQ(visited.size(), visits);
}

TEST(goroutine_pool_test, a_stock_reuses_what_it_was_given) {
    goroutine_pool pool;
    descriptor_stock stock;
    std::vector<goroutine*> taken;
    for (std::size_t i = 0; i < 5 * capacity + 7; ++i) {
        taken.push_back(&stock.take(pool));
    }
    const std::set<goroutine*> first(taken.begin(), taken.end());
    ASSERT_EQ(first.size(), taken.size());
    for (goroutine* g : taken) {
        stock.give(pool, *g);
    }
    std::set<goroutine*> second;
    for (std::size_t i = 0; i < 6 * capacity; ++i) {
        second.insert(&stock.take(pool));
    }
    EXPECT_EQ(second.size(), 6 * capacity);
    std::size_t known = 0;
    pool.for_each([&](const goroutine&) { ++known; });
    EXPECT_EQ(known, 6 * capacity) << "more memory than was ever in use at once";
}

TEST(goroutine_pool_test, threads_never_share_a_descriptor) {
    goroutine_pool pool;
    const auto churn = [&pool](std::uint64_t owner) {
        descriptor_stock stock;
        std::vector<goroutine*> mine;
        for (std::size_t i = 0; i < 20 * capacity; ++i) {
            goroutine& g = i % 7 == 0 ? pool.take_one() : stock.take(pool);
            g.id = owner;
            mine.push_back(&g);
            if (mine.size() == 2 * capacity) {
                for (goroutine* each : mine) {
                    ASSERT_EQ(each->id, owner);
                    stock.give(pool, *each);
                }
                mine.clear();
            }
        }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t i = 1; i <= 4; ++i) {
        threads.emplace_back(churn, i);
    }
    for (std::thread& each : threads) {
        each.join();
    }
}

}  // namespace
}  // namespace weft::sched
