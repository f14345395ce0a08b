#include <gtest/gtest.h>

#include "suites/kit/timed_saboteur.hpp"
#include "suites/time/sleep_storm.hpp"
#include "suites/time/timeout_churn.hpp"

namespace suite::time {
namespace {

using testing::repeat_once;
using testing::time_defect;

settings storm_settings() {
    settings run;
    run.workers = 2;
    run.operations = 2;
    run.parameters = {{"tasks", "20"}};
    return run;
}

settings churn_settings(const char* pending) {
    settings run;
    run.workers = 3;
    run.operations = 100;
    run.parameters = {{"pending", pending}};
    return run;
}

TEST(SleepStorm, SpreadsTheSleepersOverTheirTime) {
    constexpr std::uint64_t sleepers = 10'000;
    std::int64_t sum_ns = 0;
    for (std::uint64_t sleeper = 0; sleeper < sleepers; ++sleeper) {
        const std::int64_t ns = wake_after(sleeper).count();
        EXPECT_GE(ns, 1'000'000);
        EXPECT_LE(ns, 100'000'000);
        sum_ns += ns;
    }
    EXPECT_NEAR(static_cast<double>(sum_ns) / sleepers, 50.5e6, 1e6);
    EXPECT_EQ(wake_after(0).count(), 13'645'393) << "as in every other language";
}

TEST(SleepStorm, SumsTheTimesThatWereAskedFor) {
    std::uint64_t sum_ns = 0;
    for (std::uint64_t sleeper = 0; sleeper < 20; ++sleeper) {
        sum_ns += static_cast<std::uint64_t>(wake_after(sleeper).count());
    }
    EXPECT_EQ((repeat_once<time_defect::none, sleep_storm_workload>(storm_settings())), 2 * sum_ns);
}

TEST(SleepStorm, GivesLatenessAndTheCostOfAWake) {
    using contender = testing::timed_saboteur<>;
    sleep_storm_workload::body<contender> body(storm_settings());
    meter stopwatch;
    body.repeat(stopwatch);
    contender::join_all();
    EXPECT_GT(stopwatch.result().figures.at("p50_ns"), 0);
    EXPECT_GT(stopwatch.result().figures.at("cpu_task_ns"), 0);
}

TEST(SleepStorm, FindsASleepThatWasTooShort) {
    EXPECT_THROW((repeat_once<time_defect::sleeps_short, sleep_storm_workload>(storm_settings())),
                 wrong_result);
}

TEST(TimeoutChurn, StopsEveryTimer) {
    for (const char* pending : {"0", "10"}) {
        EXPECT_EQ((repeat_once<time_defect::none, timeout_churn_workload>(churn_settings(pending))),
                  100U);
    }
}

TEST(TimeoutChurn, FindsATimerThatWasNotStoppedInTime) {
    for (const char* pending : {"0", "10"}) {
        EXPECT_THROW(
            (repeat_once<time_defect::stops_late, timeout_churn_workload>(churn_settings(pending))),
            wrong_result);
    }
}

TEST(TimeoutChurn, FindsATimerThatFired) {
    EXPECT_THROW(
        (repeat_once<time_defect::fires_early, timeout_churn_workload>(churn_settings("0"))),
        wrong_result);
}

}  // namespace
}  // namespace suite::time
