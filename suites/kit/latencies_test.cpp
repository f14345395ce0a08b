#include "suites/kit/latencies.hpp"

#include <gtest/gtest.h>

#include "suites/kit/errors.hpp"

namespace suite {
namespace {

latencies counting_down(std::int64_t samples) {
    latencies all(static_cast<std::size_t>(samples));
    for (std::int64_t ns = samples; ns > 0; --ns) {
        all.add(ns);
    }
    return all;
}

TEST(Latencies, GivesExactPercentiles) {
    meter stopwatch;
    counting_down(10'000).report(stopwatch);
    const auto& figures = stopwatch.result().figures;
    EXPECT_EQ(figures.at("p50_ns"), 5'000);
    EXPECT_EQ(figures.at("p99_ns"), 9'900);
    EXPECT_EQ(figures.at("p999_ns"), 9'990);
    EXPECT_EQ(figures.at("max_ns"), 10'000);
}

TEST(Latencies, LeavesOutPercentilesThatTooFewSamplesSupport) {
    meter stopwatch;
    counting_down(999).report(stopwatch, "wake_");
    const auto& figures = stopwatch.result().figures;
    EXPECT_EQ(figures.at("wake_p50_ns"), 500);
    EXPECT_FALSE(figures.contains("wake_p99_ns"));
    EXPECT_FALSE(figures.contains("wake_p999_ns"));
    EXPECT_EQ(figures.at("wake_max_ns"), 999);
}

TEST(Latencies, MergesThoseOfSeveralTasks) {
    latencies all(0);
    all.merge(counting_down(30));
    all.merge(counting_down(70));
    EXPECT_EQ(all.count(), 100U);
    meter stopwatch;
    all.report(stopwatch);
    EXPECT_EQ(stopwatch.result().figures.at("max_ns"), 70);
}

TEST(Latencies, ComplainsAboutNoneAndAboutTooMany) {
    meter stopwatch;
    latencies none(4);
    EXPECT_THROW(none.report(stopwatch), wrong_result);
    latencies full(1);
    full.add(1);
    full.add(2);
    EXPECT_THROW(full.report(stopwatch), wrong_result);
    EXPECT_THROW(none.merge(full), wrong_result);
}

}  // namespace
}  // namespace suite
