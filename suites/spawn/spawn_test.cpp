#include <gtest/gtest.h>

#include "suites/kit/saboteur.hpp"
#include "suites/spawn/batch.hpp"
#include "suites/spawn/parked.hpp"
#include "suites/spawn/skynet.hpp"

namespace suite::spawn {
namespace {

using testing::defect;
using testing::repeat_once;
using testing::saboteur;

settings batch_settings() {
    settings run;
    run.workers = 2;
    run.operations = 3;
    run.parameters = {{"tasks", "10"}, {"captured_bytes", "64"}, {"stack_touched_bytes", "1024"}};
    return run;
}

settings skynet_settings(std::int64_t leaves) {
    settings run;
    run.workers = 2;
    run.operations = leaves;
    run.parameters = {{"capacity", "0"}};
    return run;
}

settings parked_settings() {
    settings run;
    run.workers = 2;
    run.operations = 2;
    run.parameters = {{"tasks", "20"}};
    return run;
}

/// Starts each task `Times` times, but for the one with index 5, which is started `Odd` times.
template <int Odd>
struct spoilt_batch {
    template <class MakeTask>
    static void start_and_wait(std::size_t tasks, MakeTask make) {
        for (std::size_t index = 0; index < tasks; ++index) {
            for (int time = 0; time < (index == 5 ? Odd : 1); ++time) {
                make(index)();
            }
        }
    }
};

TEST(Batch, CountsEveryTaskOfEveryBatch) {
    EXPECT_EQ((repeat_once<defect::none, batch_workload>(batch_settings())), 30U);
}

TEST(Batch, RunsWithEveryCaptureAndTouchedStack) {
    for (const char* captured : {"0", "64"}) {
        for (const char* touched : {"0", "1024"}) {
            settings run = batch_settings();
            run.parameters["captured_bytes"] = captured;
            run.parameters["stack_touched_bytes"] = touched;
            EXPECT_EQ((repeat_once<defect::none, batch_workload>(run)), 30U);
        }
    }
}

TEST(Batch, RefusesSizesThatItHasNoTaskFor) {
    settings run = batch_settings();
    run.parameters["captured_bytes"] = "32";
    EXPECT_THROW((repeat_once<defect::none, batch_workload>(run)), usage_error);
}

TEST(Batch, FindsATaskThatDidNotRun) {
    EXPECT_THROW((repeat_once<saboteur<>, batch_of<spoilt_batch<0>>>(batch_settings())),
                 wrong_result);
}

TEST(Batch, FindsATaskThatRanTwice) {
    EXPECT_THROW((repeat_once<saboteur<>, batch_of<spoilt_batch<2>>>(batch_settings())),
                 wrong_result);
}

TEST(Skynet, SumsItsLeaves) {
    EXPECT_EQ((repeat_once<defect::none, skynet_workload>(skynet_settings(100))), 4950U);
}

TEST(Skynet, HasTheKnownSumOfAMillion) {
    EXPECT_NO_THROW(check_skynet_sum(499'999'500'000U, skynet_leaves(skynet_settings(1'000'000))));
}

TEST(Skynet, RefusesATreeThatIsNotFull) {
    EXPECT_THROW((repeat_once<defect::none, skynet_workload>(skynet_settings(50))), usage_error);
}

TEST(Skynet, FindsADuplicatedResult) {
    EXPECT_THROW((repeat_once<defect::duplicates, skynet_workload>(skynet_settings(100))),
                 wrong_result);
}

TEST(Skynet, FindsACorruptedResult) {
    EXPECT_THROW((repeat_once<defect::corrupts, skynet_workload>(skynet_settings(10))),
                 wrong_result);
}

TEST(Parked, CountsTheTasksThatWoke) {
    EXPECT_EQ((repeat_once<defect::none, parked_workload>(parked_settings())), 40U);
}

TEST(Parked, FindsATaskThatWasWokenWithAValue) {
    EXPECT_THROW((repeat_once<defect::invents_at_close, parked_workload>(parked_settings())),
                 wrong_result);
}

}  // namespace
}  // namespace suite::spawn
