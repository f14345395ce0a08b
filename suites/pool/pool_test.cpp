#include <gtest/gtest.h>

#include "suites/kit/saboteur.hpp"
#include "suites/pool/worker_pool.hpp"

namespace suite::pool {
namespace {

using testing::defect;
using testing::repeat_once;

settings pool_settings(const char* grain_ns) {
    settings run;
    run.workers = 2;
    run.operations = 100;
    run.parameters = {{"grain_ns", grain_ns}};
    return run;
}

TEST(WorkerPool, SumsTheResultsOfAllJobs) {
    EXPECT_EQ((repeat_once<defect::none, worker_pool_workload>(pool_settings("1000"))), 5050U);
}

TEST(WorkerPool, GivesAnEfficiencyOnlyWhereThereIsWork) {
    using body = worker_pool_workload::body<testing::saboteur<>>;
    for (const char* grain_ns : {"0", "1000"}) {
        body pool(pool_settings(grain_ns));
        meter stopwatch;
        pool.repeat(stopwatch);
        testing::saboteur<>::join_all();
        EXPECT_EQ(stopwatch.result().figures.contains("efficiency"), grain_ns[0] != '0');
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

}  // namespace
}  // namespace suite::pool
