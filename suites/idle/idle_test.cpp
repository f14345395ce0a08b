#include <gtest/gtest.h>

#include "suites/idle/cpu.hpp"
#include "suites/idle/wake.hpp"
#include "suites/kit/timed_saboteur.hpp"

namespace suite::idle {
namespace {

using testing::defect;
using testing::repeat_once;
using testing::saboteur;
using testing::time_defect;
using testing::timed_saboteur;

settings cpu_settings() {
    settings run;
    run.workers = 2;
    run.operations = 2;
    run.parameters = {{"idle_ms", "5"}};
    return run;
}

settings wake_settings(const char* gap_us) {
    settings run;
    run.workers = 2;
    run.operations = 50;
    run.parameters = {{"gap_us", gap_us}};
    return run;
}

/// A pool that loses a job once it has rested.
struct forgetful_pool {
    static void rest(std::chrono::nanoseconds time) {
        std::this_thread::sleep_for(time);
        rested = true;
    }
    static std::uint64_t work(std::uint64_t jobs, const spin&) { return rested ? jobs - 1 : jobs; }
    static inline bool rested = false;
};

/// A pool whose root does not rest but computes.
struct restless_pool {
    static void rest(std::chrono::nanoseconds time) {
        const auto until = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < until) {
        }
    }
    static std::uint64_t work(std::uint64_t jobs, const spin&) { return jobs; }
};

template <class Body>
measurement measure(const settings& run) {
    Body body(run);
    meter stopwatch;
    body.repeat(stopwatch);
    saboteur<>::join_all();
    return stopwatch.result();
}

TEST(IdleCpu, CountsItsPeriods) {
    EXPECT_EQ((repeat_once<time_defect::none, cpu_workload>(cpu_settings())), 2U);
}

TEST(IdleCpu, GivesTheCpuTimeOfEachSecond) {
    const measurement spent = measure<cpu_of<restless_pool>>(cpu_settings());
    EXPECT_GT(spent.figures.at("cpu_ns_per_s"), 0);
    EXPECT_DOUBLE_EQ(spent.figures.at("cpu_ns_per_s"), spent.cpu_ns / spent.real_ns * 1e9);
}

TEST(IdleCpu, FindsARestThatWasTooShort) {
    EXPECT_THROW((repeat_once<time_defect::sleeps_short, cpu_workload>(cpu_settings())),
                 wrong_result);
}

TEST(IdleCpu, FindsAPoolThatLostAJob) {
    EXPECT_THROW((repeat_once<saboteur<>, cpu_of<forgetful_pool>>(cpu_settings())), wrong_result);
}

TEST(IdleWake, TakesEveryEventInBothForms) {
    for (const char* gap_us : {"0", "10"}) {
        EXPECT_EQ((repeat_once<time_defect::none, wake_workload>(wake_settings(gap_us))), 50U);
        EXPECT_EQ(
            (repeat_once<saboteur<>, wake_of<sent_events<saboteur<>>>>(wake_settings(gap_us))),
            50U);
    }
}

TEST(IdleWake, GivesTheMedian) {
    using body = wake_workload::body<timed_saboteur<>>;
    EXPECT_GT(measure<body>(wake_settings("0")).figures.at("p50_ns"), 0);
}

TEST(IdleWake, FindsAnEventThatCameTwice) {
    using twice = saboteur<defect::duplicates>;
    EXPECT_THROW((repeat_once<twice, wake_of<sent_events<twice>>>(wake_settings("0"))),
                 wrong_result);
}

TEST(IdleWake, FindsAnotherEventThanTheOneThatWasGiven) {
    using corrupting = saboteur<defect::corrupts>;
    EXPECT_THROW((repeat_once<corrupting, wake_of<sent_events<corrupting>>>(wake_settings("0"))),
                 wrong_result);
}

TEST(Events, FindsOneThatWasLost) {
    meter stopwatch;
    events all(30, std::chrono::nanoseconds(0), std::chrono::milliseconds(1));
    int sent = 0;
    all.give([&](std::uint64_t number) {
        ++sent;
        if (number != 2) {
            all.take(number);
        }
    });
    EXPECT_EQ(sent, 2) << "the outsider goes on although its event is lost";
    EXPECT_THROW(all.check(stopwatch), wrong_result);
}

TEST(Events, MeasuresFromTheGivingToTheTaking) {
    meter stopwatch;
    events all(30, std::chrono::nanoseconds(0), std::chrono::seconds(10));
    const auto begin = std::chrono::steady_clock::now();
    all.give([&](std::uint64_t number) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        all.take(number);
    });
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    EXPECT_EQ(all.check(stopwatch), 30U);
    EXPECT_GE(stopwatch.result().figures.at("p50_ns"), 1e6);
    EXPECT_LT(stopwatch.result().figures.at("max_ns"), took.count());
}

}  // namespace
}  // namespace suite::idle
