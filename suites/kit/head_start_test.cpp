#include "suites/kit/head_start.hpp"

#include <gtest/gtest.h>

namespace suite {
namespace {

/// Stands still until it is told to move.
struct manual_clock {
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<manual_clock, duration>;

    static time_point now() { return time; }
    static inline time_point time{};
};

TEST(HeadStart, DoublesUntilThePreparationIsInTime) {
    head_start<manual_clock> lead(90'000);
    int attempts = 0;
    int given_up = 0;
    const auto takes_450_ms = [&](manual_clock::time_point) {
        ++attempts;
        manual_clock::time += std::chrono::milliseconds(450);
    };
    const auto instant = lead.arrange(takes_450_ms, [&] { ++given_up; });
    EXPECT_EQ(attempts, 4);
    EXPECT_EQ(given_up, 3);
    EXPECT_EQ(instant - manual_clock::now(), std::chrono::milliseconds(800 - 450));
    lead.arrange(takes_450_ms, [&] { ++given_up; });
    EXPECT_EQ(attempts, 5) << "what was too short once is not tried again";
}

TEST(HeadStart, GivesUpWhenAMinuteIsNotEnough) {
    head_start<manual_clock> lead(1);
    const auto never_in_time = [](manual_clock::time_point instant) {
        manual_clock::time = instant;
    };
    EXPECT_THROW(lead.arrange(never_in_time, [] {}), wrong_result);
}

}  // namespace
}  // namespace suite
