#include <gtest/gtest.h>

#include "suites/cancel/tree.hpp"
#include "suites/kit/timed_saboteur.hpp"

namespace suite::cancel {
namespace {

using testing::repeat_once;
using testing::time_defect;

settings tree_settings(const char* depth, const char* by) {
    settings run;
    run.workers = 2;
    run.operations = 2;
    run.parameters = {{"tasks", "20"}, {"depth", depth}, {"by", by}};
    return run;
}

TEST(Tree, HasPlaceForEveryLeaf) {
    EXPECT_EQ(children_per_node(100'000, 1), 100'000U);
    EXPECT_EQ(children_per_node(100'000, 3), 47U);
    EXPECT_EQ(children_per_node(27, 3), 3U);
    EXPECT_EQ(children_per_node(28, 3), 4U);
    EXPECT_EQ(children_per_node(1, 3), 1U);
}

TEST(Tree, EndsEveryTaskAtEveryDepthByCancelAndByDeadline) {
    for (const char* depth : {"1", "2", "3"}) {
        for (const char* by : {"cancel", "deadline"}) {
            EXPECT_EQ((repeat_once<time_defect::none, tree_workload>(tree_settings(depth, by))),
                      40U);
        }
    }
}

TEST(Tree, GivesTheTimesOfStartingAndOfEnding) {
    using contender = testing::timed_saboteur<>;
    tree<contender> body(tree_settings("3", "deadline"));
    meter stopwatch;
    body.repeat(stopwatch);
    contender::join_all();
    EXPECT_GT(stopwatch.result().figures.at("start_task_ns"), 0);
    EXPECT_GT(stopwatch.result().figures.at("end_task_ns"), 0);
}

TEST(Tree, FindsATaskThatEndedBeforeItsContext) {
    for (const char* by : {"cancel", "deadline"}) {
        EXPECT_THROW((repeat_once<time_defect::ends_early, tree_workload>(tree_settings("3", by))),
                     wrong_result);
    }
}

TEST(Tree, RefusesAnotherWayToEnd) {
    EXPECT_THROW((repeat_once<time_defect::none, tree_workload>(tree_settings("1", "wish"))),
                 usage_error);
}

}  // namespace
}  // namespace suite::cancel
