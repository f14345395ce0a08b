#include <gtest/gtest.h>

#include "suites/kit/saboteur.hpp"
#include "suites/sharing/false_sharing.hpp"

namespace suite::sharing {
namespace {

using testing::defect;
using testing::repeat_once;

settings settings_with_stride(const char* stride) {
    settings run;
    run.workers = 3;
    run.operations = 1000;
    run.parameters = {{"stride", stride}};
    return run;
}

/// Runs the first task `Times` times.
template <int Times>
struct spoilt_tasks {
    template <class Function>
    static void for_each(std::size_t tasks, Function function) {
        for (std::size_t task = 0; task < tasks; ++task) {
            for (int time = 0; time < (task == 0 ? Times : 1); ++time) {
                function(task);
            }
        }
    }
};

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
    using contender = testing::saboteur<>;
    EXPECT_THROW(
        (repeat_once<contender, false_sharing_of<spoilt_tasks<0>>>(settings_with_stride("8"))),
        wrong_result);
    EXPECT_THROW(
        (repeat_once<contender, false_sharing_of<spoilt_tasks<2>>>(settings_with_stride("8"))),
        wrong_result);
}

}  // namespace
}  // namespace suite::sharing
