#include <gtest/gtest.h>

#include "suites/kit/saboteur.hpp"
#include "suites/pool/sojourn.hpp"
#include "suites/pool/starvation.hpp"

namespace suite::pool {
namespace {

using std::chrono::nanoseconds;
using testing::defect;
using testing::repeat_once;
using testing::saboteur;

settings open_loop_settings(std::int64_t operations) {
    settings run;
    run.workers = 2;
    run.operations = operations;
    run.parameters = {{"load_percent", "80"}};
    return run;
}

TEST(Arrivals, HaveTheMeanGapAndComeByChance) {
    constexpr std::size_t jobs = 10'000;
    arrivals due(jobs, 1'000);
    due.begin();
    const nanoseconds last = due.since_due(0) - due.since_due(jobs - 1);
    EXPECT_NEAR(static_cast<double>(last.count()) / jobs, 1'000, 50);
}

TEST(Arrivals, AreReleasedWhenTheyAreDueAndNotBefore) {
    arrivals due(50, 100'000);
    due.begin();
    for (std::size_t job = 0; job < due.size(); ++job) {
        due.await(job, [](nanoseconds time) { std::this_thread::sleep_for(time / 2); });
        EXPECT_GE(due.since_due(job), nanoseconds::zero());
    }
    EXPECT_EQ(due.late().count(), 50U);
    due.begin();
    EXPECT_EQ(due.late().count(), 0U);
}

/// Serves all jobs on the calling thread but the first, which it serves `Times` times.
template <int Times>
struct spoilt_service {
    template <class Job>
    static void serve(arrivals& due, int, Job job) {
        due.begin();
        for (std::size_t index = 0; index < due.size(); ++index) {
            due.await(index, [](nanoseconds time) { std::this_thread::sleep_for(time); });
            for (int time = 0; time < (index == 0 ? Times : 1); ++time) {
                job(index);
            }
        }
    }
};

/// Serves the jobs when they have been released (`Released`), or whenever it likes.
template <bool Released>
struct eager_service {
    template <class Job>
    static void serve(arrivals& due, int, Job job) {
        due.begin();
        for (std::size_t index = due.size(); index-- > 0;) {
            job(index);
            if (Released) {
                due.await(index, [](nanoseconds time) { std::this_thread::sleep_for(time); });
            }
        }
    }
};

TEST(Sojourn, ServesEveryJobAndSaysHowLateTheGeneratorWas) {
    using body = sojourn_workload::body<saboteur<>>;
    body pool(open_loop_settings(30));
    meter stopwatch;
    EXPECT_EQ(pool.repeat(stopwatch), 30U);
    saboteur<>::join_all();
    const auto& figures = stopwatch.result().figures;
    EXPECT_GE(figures.at("p50_ns"), 0);
    EXPECT_GE(figures.at("release_late_p50_ns"), 0);
    EXPECT_GE(figures.at("max_ns"), figures.at("p50_ns"));
}

TEST(Sojourn, FindsAJobThatWasNotDoneOrDoneTwice) {
    const settings run = open_loop_settings(10);
    EXPECT_THROW((repeat_once<saboteur<>, sojourn_of<spoilt_service<0>>>(run)), wrong_result);
    EXPECT_THROW((repeat_once<saboteur<>, sojourn_of<spoilt_service<2>>>(run)), wrong_result);
}

TEST(Sojourn, FindsAJobThatWasDoneBeforeItArrived) {
    const settings run = open_loop_settings(1'000);
    EXPECT_THROW((repeat_once<saboteur<>, sojourn_of<eager_service<true>>>(run)), wrong_result);
}

TEST(Sojourn, FindsJobsThatNobodyReleased) {
    settings run = open_loop_settings(1);
    run.parameters["load_percent"] = "100000";
    EXPECT_THROW((repeat_once<saboteur<>, sojourn_of<eager_service<false>>>(run)), wrong_result);
}

TEST(Starvation, TicksAndSaysHowLongTheWorkTook) {
    using body = starvation_workload::body<saboteur<>>;
    body tickers(open_loop_settings(200));
    meter stopwatch;
    EXPECT_EQ(tickers.repeat(stopwatch), 200U);
    saboteur<>::join_all();
    EXPECT_GT(stopwatch.result().figures.at("work_ns"), 0);
    EXPECT_GT(stopwatch.result().figures.at("p50_ns"), 0);
}

TEST(Starvation, FindsSleepsThatEndEarly) {
    EXPECT_THROW((repeat_once<defect::wakes_early, starvation_workload>(open_loop_settings(200))),
                 wrong_result);
}

TEST(Starvation, RefusesTicksThatDoNotGoRound) {
    for (const std::int64_t ticks : {50, 150}) {
        EXPECT_THROW((repeat_once<defect::none, starvation_workload>(open_loop_settings(ticks))),
                     usage_error);
    }
}

}  // namespace
}  // namespace suite::pool
