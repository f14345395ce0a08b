#include <gtest/gtest.h>

#include "suites/kit/saboteur.hpp"
#include "suites/kit/spoilt_tasks.hpp"
#include "suites/pool/fib.hpp"
#include "suites/pool/unbalanced_tree.hpp"

namespace suite::pool {
namespace {

using testing::defect;
using testing::repeat_once;
using testing::saboteur;
using testing::spoilt_tasks;

settings tree_settings() {
    settings run;
    run.workers = 2;
    run.operations = 2;
    run.parameters = {{"root_children", "20"}, {"grain_ns", "100"}, {"index", "9"}};
    return run;
}

TEST(UnbalancedTree, IsTheSameEverywhere) {
    EXPECT_EQ(walk_alone(20).nodes, 109U);
    EXPECT_EQ(walk_alone(50).nodes, 8'939U);
}

TEST(UnbalancedTree, IsWalkedAsOftenAsAsked) {
    EXPECT_EQ((repeat_once<defect::none, unbalanced_tree_workload>(tree_settings())),
              2 * walk_alone(20).sum);
}

TEST(UnbalancedTree, FindsASubtreeThatWasLeftOutOrWalkedTwice) {
    EXPECT_THROW((repeat_once<saboteur<>, unbalanced_tree_of<spoilt_tasks<0>>>(tree_settings())),
                 wrong_result);
    EXPECT_THROW((repeat_once<saboteur<>, unbalanced_tree_of<spoilt_tasks<2>>>(tree_settings())),
                 wrong_result);
}

TEST(Fib, AddsUpTheNumbers) {
    EXPECT_EQ(fibonacci(0), 0U);
    EXPECT_EQ(fibonacci(1), 1U);
    EXPECT_EQ(fibonacci(30), 832'040U);
    EXPECT_EQ((repeat_once<defect::none, fib_workload>(tree_settings())), 2 * 34U);
}

TEST(Fib, FindsACallThatWasLeftOutOrMadeTwice) {
    EXPECT_THROW((repeat_once<saboteur<>, fib_of<spoilt_tasks<0>>>(tree_settings())), wrong_result);
    EXPECT_THROW((repeat_once<saboteur<>, fib_of<spoilt_tasks<2>>>(tree_settings())), wrong_result);
}

TEST(Fib, RefusesANumberThatIsOutOfReach) {
    settings run = tree_settings();
    for (const char* index : {"1", "41"}) {
        run.parameters["index"] = index;
        EXPECT_THROW((repeat_once<defect::none, fib_workload>(run)), usage_error);
    }
}

}  // namespace
}  // namespace suite::pool
