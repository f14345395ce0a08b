#include "suites/kit/thread_totals.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "suites/kit/meter.hpp"
#include "suites/kit/spin.hpp"

namespace suite {
namespace {

bool kernel_says() {
    return std::filesystem::exists("/proc/self/task/" + std::to_string(gettid()) + "/sched");
}

TEST(ThreadTotals, GrowByWhatAThreadDoes) {
    if (!kernel_says()) {
        GTEST_SKIP() << "the kernel counts nothing for a thread";
    }
    const std::optional<thread_totals> before = thread_totals::now();
    ASSERT_TRUE(before);
    const spin work(2'000'000);
    work(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::optional<thread_totals> after = thread_totals::now();
    ASSERT_TRUE(after);
    EXPECT_GT(after->cpu_ns, before->cpu_ns);
    EXPECT_GT(after->switches, before->switches);
}

TEST(ThreadTotals, CountAThreadThatChangesItsProcessor) {
    cpu_set_t all{};
    ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
    if (!kernel_says() || CPU_COUNT(&all) < 2) {
        GTEST_SKIP() << "there is one processor, or the kernel counts nothing for a thread";
    }
    meter stopwatch;
    stopwatch.start();
    int moves = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &all)) {
            moves += sched_getcpu() != cpu ? 1 : 0;
            cpu_set_t one{};
            CPU_SET(cpu, &one);
            ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
        }
    }
    stopwatch.stop();
    sched_setaffinity(0, sizeof all, &all);
    EXPECT_GE(stopwatch.result().figures.at("migrations"), moves);
}

TEST(ThreadTotals, SayNothingWhereAThreadThatEndedTookPart) {
    const thread_totals before{.cpu_ns = 1000, .switches = 10, .migrations = 3};
    const thread_totals after{.cpu_ns = 2000, .switches = 15, .migrations = 7};
    EXPECT_EQ(migrations_between(before, after, 1000, 5), 4);
    EXPECT_FALSE(migrations_between(before, after, 1000, 6)) << "a switch of another thread";
    EXPECT_FALSE(migrations_between(before, after, 1100, 5)) << "the time of another thread";
}

TEST(ThreadTotals, AreNotGivenOfThreadsThatAreTheTasks) {
    meter stopwatch;
    stopwatch.start();
    std::jthread([] { spin(2'000'000)(1); }).join();
    stopwatch.stop();
    EXPECT_FALSE(stopwatch.result().figures.contains("migrations"));
}

}  // namespace
}  // namespace suite
