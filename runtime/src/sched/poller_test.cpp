#include "sched/poller.hpp"

#include "platform/clock.hpp"
#include "platform/thread.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <fstream>
#include <string>
#include <thread>

namespace weft::sched {
namespace {

constexpr std::int64_t long_ns = 5'000'000'000;

class poller_test : public testing::Test {
protected:
    poller_test() { network_.open(); }
    ~poller_test() override { network_.close(); }

    /// Whether a wait ends long before its time.
    bool wait_ends() {
        goroutine_list ready;
        const std::int64_t begin = platform::now_ns();
        network_.wait(long_ns, ready);
        EXPECT_TRUE(ready.empty());
        return platform::now_ns() - begin < long_ns;
    }

    poller network_;
};

TEST_F(poller_test, a_ring_ends_the_next_wait_and_only_that) {
    network_.ring();
    network_.ring();
    EXPECT_TRUE(wait_ends());
    goroutine_list ready;
    const std::int64_t begin = platform::now_ns();
    network_.wait(1'000'000, ready);
    EXPECT_GE(platform::now_ns() - begin, 1'000'000);
    network_.ring();
    EXPECT_TRUE(wait_ends());
}

/// A machine that looks for events in passing must not take the bell away from who sleeps.
TEST_F(poller_test, a_poll_leaves_the_bell_to_who_waits) {
    network_.ring();
    goroutine_list ready;
    network_.poll(ready);
    network_.poll(ready);
    EXPECT_TRUE(wait_ends());
}

/// The timer slack of a thread of this process, in ns; -1 where the kernel does not show it.
long timer_slack_of(int thread_id) {
    long slack_ns = -1;
    std::ifstream("/proc/" + std::to_string(thread_id) + "/timerslack_ns") >> slack_ns;
    return slack_ns;
}

TEST_F(poller_test, who_waits_is_woken_on_time_and_keeps_its_timer_slack) {
    constexpr long usual_ns = 40'000;
    if (timer_slack_of(platform::thread_id()) == -1) {
        GTEST_SKIP() << "timer slack cannot be seen here";
    }
    platform::atomic<int> waiting{0};
    long after_ns = 0;
    std::thread sleeper([&] {
        prctl(PR_SET_TIMERSLACK, usual_ns, 0, 0, 0);
        waiting.store(platform::thread_id(), platform::memory_order_release);
        EXPECT_TRUE(wait_ends());
        after_ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    });
    while (waiting.load(platform::memory_order_acquire) == 0) {
        std::this_thread::yield();
    }
    const std::int64_t give_up = platform::now_ns() + long_ns / 2;
    long slack_ns = 0;
    while (slack_ns != 1 && platform::now_ns() < give_up) {
        slack_ns = timer_slack_of(waiting.load(platform::memory_order_relaxed));
    }
    network_.ring();
    sleeper.join();
    EXPECT_EQ(slack_ns, 1);
    EXPECT_EQ(after_ns, usual_ns);
}

TEST_F(poller_test, no_ring_is_lost_between_others) {
    constexpr int rings = 20'000;
    platform::atomic<int> rung{0};
    platform::atomic<int> answered{0};
    std::thread ringer([&] {
        for (int i = 1; i <= rings; ++i) {
            rung.store(i, platform::memory_order_release);
            network_.ring();
            while (i % 64 == 0 && answered.load(platform::memory_order_acquire) < i) {
                std::this_thread::yield();
            }
        }
    });
    std::thread passer([&] {
        goroutine_list ready;
        while (answered.load(platform::memory_order_relaxed) < rings) {
            network_.poll(ready);
        }
    });
    bool lost = false;
    while (answered.load(platform::memory_order_relaxed) < rings) {
        lost = !wait_ends() || lost;
        answered.store(rung.load(platform::memory_order_acquire), platform::memory_order_release);
    }
    ringer.join();
    passer.join();
    EXPECT_FALSE(lost);
}

}  // namespace
}  // namespace weft::sched
