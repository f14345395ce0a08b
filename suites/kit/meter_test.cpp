#include "suites/kit/meter.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "suites/kit/spin.hpp"

namespace suite {
namespace {

TEST(Meter, TimesWhatIsBetweenStartAndStop) {
    const auto before = std::chrono::steady_clock::now();
    meter stopwatch;
    stopwatch.start();
    const spin work(200'000);
    work(1);
    stopwatch.stop();
    const std::chrono::duration<double, std::nano> outside =
        std::chrono::steady_clock::now() - before;
    EXPECT_GT(stopwatch.elapsed_ns(), 0);
    EXPECT_LE(stopwatch.elapsed_ns(), outside.count());
    EXPECT_GT(stopwatch.result().cpu_ns, 0);
}

TEST(Meter, CountsThePageFaultsOfTheTimedPart) {
    constexpr std::size_t pages = 64;
    constexpr std::size_t page_bytes = 4096;
    // From the system: memory that somebody had before has its pages already.
    void* const mapped = mmap(nullptr, pages * page_bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(mapped, MAP_FAILED);
    auto* const untouched = static_cast<volatile char*>(mapped);
    meter stopwatch;
    stopwatch.start();
    for (std::size_t page = 0; page < pages; ++page) {
        untouched[page * page_bytes] = 1;
    }
    stopwatch.stop();
    munmap(mapped, pages * page_bytes);
    EXPECT_GE(stopwatch.result().figures.at("minor_faults"), 1);
    EXPECT_GE(stopwatch.result().figures.at("peak_rss_bytes"), pages * page_bytes);
}

TEST(Meter, RemembersTheMostThreadsSeen) {
    meter stopwatch;
    stopwatch.start();
    {
        std::jthread other([&] { stopwatch.note_threads(); });
    }
    stopwatch.stop();
    EXPECT_GE(stopwatch.result().figures.at("threads_peak"), 2);
}

TEST(Meter, TakesLongerByTheShareThatAGateAsksFor) {
    const auto elapsed_ns = [](const auto& began) {
        return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began)
            .count();
    };
    ASSERT_EQ(setenv("SUITE_SLOWDOWN", "0.5", 1), 0);
    meter stopwatch;
    stopwatch.start();
    const auto began = std::chrono::steady_clock::now();
    const spin work(200'000);
    work(1);
    const double within_ns = elapsed_ns(began);
    stopwatch.stop();
    const double to_the_end_ns = elapsed_ns(began);
    unsetenv("SUITE_SLOWDOWN");
    EXPECT_GE(stopwatch.elapsed_ns(), 1.5 * within_ns);
    EXPECT_GE(to_the_end_ns, 1.5 * within_ns);
    EXPECT_EQ(stopwatch.result().figures.at("slowdown"), 0.5);
}

TEST(Spin, TakesLongerForMoreWork) {
    const spin small(1'000);
    const spin large(1'000'000);
    const auto best_ns = [](const spin& work) {
        double best = 1e18;
        for (int attempt = 0; attempt < 20; ++attempt) {
            const auto begin = std::chrono::steady_clock::now();
            work(1);
            const std::chrono::duration<double, std::nano> took =
                std::chrono::steady_clock::now() - begin;
            best = std::min(best, took.count());
        }
        return best;
    };
    // A thousand times the work; a hundredfold time is what even a disturbed machine shows.
    EXPECT_GT(best_ns(large), 100 * best_ns(small));
}

TEST(Meter, GivesWhatTheContenderCountedMeanwhile) {
    static double parks;
    parks = 5;
    meter stopwatch([] { return std::map<std::string, double>{{"parks", parks}}; });
    stopwatch.start();
    parks = 12;
    stopwatch.stop();
    EXPECT_EQ(stopwatch.result().figures.at("count.parks"), 7);
}

}  // namespace
}  // namespace suite
