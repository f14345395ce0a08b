#include <gtest/gtest.h>

#include "suites/kit/saboteur.hpp"
#include "suites/kit/spoilt_tasks.hpp"
#include "suites/sharing/false_sharing.hpp"
#include "suites/sharing/layout.hpp"
#include "suites/sharing/migration.hpp"
#include "suites/sharing/true_sharing.hpp"

namespace suite::sharing {
namespace {

using testing::defect;
using testing::repeat_once;
using testing::saboteur;
using testing::spoilt_tasks;

settings settings_with_stride(const char* stride) {
    settings run;
    run.workers = 3;
    run.operations = 1000;
    run.parameters = {{"stride", stride}};
    return run;
}

settings counting_settings(const char* way) {
    settings run;
    run.workers = 2;
    run.operations = 1001;
    run.parameters = {{"way", way}, {"tasks", "4"}};
    return run;
}

settings layout_settings(const char* job) {
    settings run;
    run.workers = 2;
    run.operations = 500;
    run.parameters = {{"job", job}};
    return run;
}

TEST(Layout, DoesTheJobOfAnotherSuiteAndHasItsChecks) {
    EXPECT_EQ((repeat_once<defect::none, layout_workload>(layout_settings("throughput"))),
              4U * (125U * 126U / 2));
    EXPECT_THROW((repeat_once<defect::drops, layout_workload>(layout_settings("throughput"))),
                 wrong_result);
    EXPECT_THROW((repeat_once<defect::none, layout_workload>(layout_settings("sieve"))),
                 usage_error);
}

TEST(FalseSharing, CountsUnevenSharesAtEveryStride) {
    for (const char* stride : {"8", "64", "128", "256"}) {
        EXPECT_EQ((repeat_once<defect::none, false_sharing_workload>(settings_with_stride(stride))),
                  1000U);
    }
}

TEST(FalseSharing, KeepsCountersApartByTheStride) {
    for (const std::size_t stride : {8U, 64U, 128U, 256U}) {
        strided_counters counters(4, stride);
        const auto* first = reinterpret_cast<const std::byte*>(&counters[0]);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 128, 0U);
        EXPECT_EQ(reinterpret_cast<const std::byte*>(&counters[3]) - first,
                  static_cast<std::ptrdiff_t>(3 * stride));
    }
}

TEST(FalseSharing, RefusesAStrideThatSplitsACounter) {
    EXPECT_THROW((repeat_once<defect::none, false_sharing_workload>(settings_with_stride("12"))),
                 usage_error);
}

TEST(FalseSharing, FindsATaskThatDidNotRunOrRanTwice) {
    EXPECT_THROW(
        (repeat_once<saboteur<>, false_sharing_of<spoilt_tasks<0>>>(settings_with_stride("8"))),
        wrong_result);
    EXPECT_THROW(
        (repeat_once<saboteur<>, false_sharing_of<spoilt_tasks<2>>>(settings_with_stride("8"))),
        wrong_result);
}

TEST(Migration, CountsUnevenSharesBetweenYields) {
    settings run = settings_with_stride("8");
    run.operations = 48 * 1000 + 1;
    EXPECT_EQ((repeat_once<defect::none, migration_workload>(run)), 48'001U);
}

TEST(Migration, FindsATaskThatDidNotRunOrRanTwice) {
    using load = yielding_often<saboteur<>>;
    const settings run = settings_with_stride("8");
    EXPECT_THROW((repeat_once<saboteur<>, own_counters_of<spoilt_tasks<0>, load>>(run)),
                 wrong_result);
    EXPECT_THROW((repeat_once<saboteur<>, own_counters_of<spoilt_tasks<2>, load>>(run)),
                 wrong_result);
}

TEST(TrueSharing, CountsUnevenSharesInEveryWay) {
    for (const char* way : {"mutex", "atomic", "channel", "merge"}) {
        EXPECT_EQ((repeat_once<defect::none, true_sharing_workload>(counting_settings(way))),
                  1001U);
    }
}

TEST(TrueSharing, RefusesAWayThatIsNone) {
    EXPECT_THROW((repeat_once<defect::none, true_sharing_workload>(counting_settings("luck"))),
                 usage_error);
}

/// The ways that need no channel, with tasks of which the first runs `Times` times.
template <int Times>
struct spoilt_ways {
    static auto choose(const std::string& way) {
        using tasks = spoilt_tasks<Times>;
        if (way == "mutex") {
            return count_by_mutex<tasks, saboteur<>::mutex>;
        }
        return way == "atomic" ? count_by_atomic<tasks> : count_by_merging<tasks>;
    }
};

TEST(TrueSharing, FindsATaskThatDidNotRunOrRanTwice) {
    for (const char* way : {"mutex", "atomic", "merge"}) {
        const settings run = counting_settings(way);
        EXPECT_THROW((repeat_once<saboteur<>, true_sharing_of<spoilt_ways<0>>>(run)), wrong_result);
        EXPECT_THROW((repeat_once<saboteur<>, true_sharing_of<spoilt_ways<2>>>(run)), wrong_result);
    }
}

TEST(TrueSharing, FindsAnAdditionThatWasLostDuplicatedOrChanged) {
    const settings run = counting_settings("channel");
    EXPECT_THROW((repeat_once<defect::drops, true_sharing_workload>(run)), wrong_result);
    EXPECT_THROW((repeat_once<defect::duplicates, true_sharing_workload>(run)), wrong_result);
    EXPECT_THROW((repeat_once<defect::corrupts, true_sharing_workload>(run)), wrong_result);
}

/// Repeated until increments under a mutex that excludes nobody have been lost; a check that does
/// not see that hangs, and the test with it.
TEST(TrueSharing, FindsIncrementsLostUnderABrokenMutex) {
    settings run = counting_settings("mutex");
    run.operations = 100'000;
    for (bool found = false; !found;) {
        try {
            repeat_once<defect::excludes_nobody, true_sharing_workload>(run);
        } catch (const wrong_result&) {
            found = true;
        }
    }
}

}  // namespace
}  // namespace suite::sharing
