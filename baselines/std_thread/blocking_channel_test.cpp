#include "blocking_channel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace contender {
namespace {

TEST(BlockingChannel, HoldsAsManyValuesAsItsCapacityInOrder) {
    blocking_channel<int> channel(3);
    for (const int value : {1, 2, 3}) {
        channel.send(value);
    }
    for (const int value : {1, 2, 3}) {
        EXPECT_EQ(channel.recv(), value);
    }
}

TEST(BlockingChannel, WithoutCapacityASendReturnsAfterItsValueWasReceived) {
    blocking_channel<int> channel(0);
    std::atomic<bool> sent{false};
    std::jthread sender([&] {
        channel.send(1);
        sent = true;
        channel.send(2);
    });
    // Whether the sender has got to its send or not, it cannot be past it.
    EXPECT_FALSE(sent);
    EXPECT_EQ(channel.recv(), 1);
    EXPECT_EQ(channel.recv(), 2);
    EXPECT_TRUE(sent);
}

TEST(BlockingChannel, DeliversEveryValueOnceBetweenManyThreads) {
    for (const std::size_t capacity : {0U, 1U, 7U}) {
        constexpr int threads = 4;
        constexpr std::uint64_t each = 500;
        blocking_channel<std::uint64_t> channel(capacity);
        std::atomic<std::uint64_t> sum{0};
        std::atomic<std::uint64_t> count{0};
        std::vector<std::jthread> receivers;
        for (int receiver = 0; receiver < threads; ++receiver) {
            receivers.emplace_back([&] {
                while (const auto value = channel.recv()) {
                    sum += *value;
                    ++count;
                }
            });
        }
        {
            std::vector<std::jthread> senders;
            for (int sender = 0; sender < threads; ++sender) {
                senders.emplace_back([&] {
                    for (std::uint64_t value = 1; value <= each; ++value) {
                        channel.send(value);
                    }
                });
            }
        }
        channel.close();
        receivers.clear();
        EXPECT_EQ(count, threads * each);
        EXPECT_EQ(sum, threads * each * (each + 1) / 2);
    }
}

TEST(BlockingChannel, IsDrainedAfterItsCloseAndThenEmpty) {
    blocking_channel<int> channel(2);
    channel.send(7);
    channel.close();
    EXPECT_EQ(channel.recv(), 7);
    EXPECT_EQ(channel.recv(), std::nullopt);
    EXPECT_THROW(channel.send(8), std::logic_error);
    EXPECT_THROW(channel.close(), std::logic_error);
}

TEST(BlockingChannel, CloseEndsASendThatWaits) {
    for (const std::size_t capacity : {0U, 1U}) {
        blocking_channel<int> channel(capacity);
        std::atomic<int> refused{0};
        std::jthread sender([&] {
            try {
                for (;;) {
                    channel.send(1);
                }
            } catch (const std::logic_error&) {
                ++refused;
            }
        });
        EXPECT_EQ(channel.recv(), 1);
        channel.close();
        sender.join();
        EXPECT_EQ(refused, 1);
    }
}

}  // namespace
}  // namespace contender
