// The workloads whose checks are the suites' own, and so seen to fail in the suites' tests: here
// they are seen to hold, in every pool; and the channel of true_sharing, broken on purpose.

#include <gtest/gtest.h>

#include "asio_test.hpp"
#include "idle_idioms.hpp"
#include "pool_idioms.hpp"
#include "sharing_idioms.hpp"
#include "time_idioms.hpp"

namespace contender {
namespace {

/// What the contender does for a workload.
template <class W>
using form_of = suite::body_of<asio_coroutines, W>;

TEST_P(EveryPool, DoesEveryJobInATaskOfItsOwn) {
    EXPECT_EQ(
        repeat_once<form_of<suite::pool::task_per_job_workload>>(ask(1000, {{"grain_ns", "0"}})),
        500'500U);
}

TEST_P(EveryPool, DealsOutTheWork) {
    EXPECT_EQ(
        repeat_once<form_of<suite::pool::oversubscribed_workload>>(ask(501, {{"tasks", "100"}})),
        501U);
}

TEST_P(EveryPool, ServesEveryArrival) {
    EXPECT_EQ(
        repeat_once<form_of<suite::pool::sojourn_workload>>(ask(30, {{"load_percent", "80"}})),
        30U);
}

TEST_P(EveryPool, TicksBesideWork) {
    EXPECT_EQ(repeat_once<form_of<suite::pool::starvation_workload>>(ask(100, {})), 100U);
}

TEST_P(EveryPool, AddsUpFibonacciNumbers) {
    EXPECT_EQ(repeat_once<form_of<suite::pool::fib_workload>>(ask(2, {{"index", "12"}})), 2 * 144U);
}

TEST_P(EveryPool, WalksTheTree) {
    for (const char* root_children : {"1", "50"}) {
        EXPECT_GT(repeat_once<form_of<suite::pool::unbalanced_tree_workload>>(
                      ask(1, {{"root_children", root_children}, {"grain_ns", "0"}})),
                  0U);
    }
}

TEST_P(EveryPool, IncrementsBetweenYields) {
    EXPECT_EQ(
        repeat_once<form_of<suite::sharing::migration_workload>>(ask(20'001, {{"stride", "8"}})),
        20'001U);
}

TEST_P(EveryPool, CountsInEveryWay) {
    for (const char* way : {"atomic", "channel", "merge"}) {
        EXPECT_EQ(repeat_once<form_of<suite::sharing::true_sharing_workload>>(
                      ask(1001, {{"way", way}, {"tasks", "4"}})),
                  1001U);
    }
}

TEST_P(EveryPool, WakesEverySleeper) {
    EXPECT_GT(repeat_once<form_of<suite::time::sleep_storm_workload>>(ask(1, {{"tasks", "100"}})),
              0U);
}

TEST_P(EveryPool, StopsEveryTimer) {
    for (const char* pending : {"0", "100"}) {
        EXPECT_EQ(repeat_once<form_of<suite::time::timeout_churn_workload>>(
                      ask(1001, {{"pending", pending}})),
                  1001U);
    }
}

TEST_P(EveryPool, Rests) {
    EXPECT_EQ(repeat_once<form_of<suite::idle::cpu_workload>>(ask(1, {{"idle_ms", "5"}})), 1U);
}

TEST_P(EveryPool, TakesEveryEvent) {
    for (const char* gap_us : {"0", "10"}) {
        EXPECT_EQ(repeat_once<form_of<suite::idle::wake_workload>>(ask(50, {{"gap_us", gap_us}})),
                  50U);
    }
}

TEST(TrueSharing, FindsALostADoubledAndAChangedAddition) {
    const auto run = make_settings("thread_pool", 2, 1001, {{"way", "channel"}, {"tasks", "4"}});
    const auto expect_found = [&]<class Channel>(Channel*) {
        using body =
            suite::sharing::true_sharing_of<ways_of_coroutines<counted_coroutines, Channel>>;
        EXPECT_THROW(repeat_once<body>(run), suite::wrong_result);
    };
    expect_found(static_cast<spoilt_channel<defect::drops>*>(nullptr));
    expect_found(static_cast<spoilt_channel<defect::duplicates>*>(nullptr));
    expect_found(static_cast<spoilt_channel<defect::corrupts>*>(nullptr));
}

TEST(TrueSharing, HasNoMutex) {
    const auto run = make_settings("thread_pool", 2, 10, {{"way", "mutex"}, {"tasks", "4"}});
    EXPECT_THROW(repeat_once<form_of<suite::sharing::true_sharing_workload>>(run),
                 suite::usage_error);
}

}  // namespace
}  // namespace contender
