#include <gtest/gtest.h>

#include "suites/kit/saboteur.hpp"
#include "suites/kit/spoilt_tasks.hpp"
#include "suites/pool/oversubscribed.hpp"
#include "suites/pool/task_per_job.hpp"
#include "suites/pool/worker_pool.hpp"

namespace suite::pool {
namespace {

using testing::defect;
using testing::repeat_once;
using testing::saboteur;
using testing::spoilt_tasks;

settings pool_settings(const char* grain_ns, const char* tasks = "workers") {
    settings run;
    run.workers = 2;
    run.operations = 100;
    run.parameters = {{"grain_ns", grain_ns}, {"pool_tasks", tasks}};
    return run;
}

settings oversubscribed_settings() {
    settings run;
    run.workers = 2;
    run.operations = 101;
    run.parameters = {{"tasks", "20"}};
    return run;
}

TEST(JobList, HasTheWorkOfAllItsJobs) {
    EXPECT_EQ(job_list(pool_settings("0"), 100).work_ns(), 0);
    EXPECT_EQ(job_list(pool_settings("1000"), 100).work_ns(), 100'000);
    EXPECT_EQ(job_list(pool_settings("mix"), 100).work_ns(), 90 * 1'000 + 10 * 100'000);
    EXPECT_EQ(job_list(pool_settings("mix"), 101).work_ns(), 90 * 1'000 + 11 * 100'000);
}

TEST(JobList, RefusesAGrainThatIsNone) {
    EXPECT_THROW(job_list(pool_settings("blend"), 1), usage_error);
}

TEST(WorkerPool, SumsTheResultsOfAllJobs) {
    for (const char* tasks : {"workers", "1", "10"}) {
        for (const char* grain_ns : {"0", "1000", "mix"}) {
            EXPECT_EQ(
                (repeat_once<defect::none, worker_pool_workload>(pool_settings(grain_ns, tasks))),
                5050U);
        }
    }
}

TEST(WorkerPool, GivesAnEfficiencyOnlyWhereThereIsWork) {
    using body = worker_pool_workload::body<saboteur<>>;
    for (const char* grain_ns : {"0", "1000"}) {
        body pool(pool_settings(grain_ns));
        meter stopwatch;
        pool.repeat(stopwatch);
        saboteur<>::join_all();
        EXPECT_EQ(stopwatch.result().figures.contains("efficiency"), grain_ns[0] != '0');
        EXPECT_TRUE(stopwatch.result().figures.contains("overhead_ns"));
    }
}

TEST(WorkerPool, FindsADroppedJob) {
    EXPECT_THROW((repeat_once<defect::drops, worker_pool_workload>(pool_settings("0"))),
                 wrong_result);
}

TEST(WorkerPool, FindsADuplicatedJob) {
    EXPECT_THROW((repeat_once<defect::duplicates, worker_pool_workload>(pool_settings("0"))),
                 wrong_result);
}

TEST(WorkerPool, FindsACorruptedJob) {
    EXPECT_THROW((repeat_once<defect::corrupts, worker_pool_workload>(pool_settings("0"))),
                 wrong_result);
}

TEST(TaskPerJob, DoesEveryJob) {
    for (const char* grain_ns : {"0", "1000", "mix"}) {
        EXPECT_EQ((repeat_once<defect::none, task_per_job_workload>(pool_settings(grain_ns))),
                  5050U);
    }
}

TEST(TaskPerJob, FindsAJobThatWasNotDoneOrDoneTwice) {
    EXPECT_THROW((repeat_once<saboteur<>, task_per_job_of<spoilt_tasks<0>>>(pool_settings("0"))),
                 wrong_result);
    EXPECT_THROW((repeat_once<saboteur<>, task_per_job_of<spoilt_tasks<2>>>(pool_settings("0"))),
                 wrong_result);
}

TEST(Oversubscribed, DoesUnevenShares) {
    EXPECT_EQ((repeat_once<defect::none, oversubscribed_workload>(oversubscribed_settings())),
              101U);
}

TEST(Oversubscribed, FindsATaskThatDidNotRunOrRanTwice) {
    EXPECT_THROW(
        (repeat_once<saboteur<>, oversubscribed_of<spoilt_tasks<0>>>(oversubscribed_settings())),
        wrong_result);
    EXPECT_THROW(
        (repeat_once<saboteur<>, oversubscribed_of<spoilt_tasks<2>>>(oversubscribed_settings())),
        wrong_result);
}

}  // namespace
}  // namespace suite::pool
