#include <gtest/gtest.h>

#include "suites/fanout/churn.hpp"
#include "suites/fanout/sabotaged_server.hpp"
#include "suites/fanout/stall.hpp"

namespace suite::fanout {
namespace {

using testing::fault;

settings small(std::int64_t operations, const server& generator) {
    settings run;
    run.workers = 2;
    run.operations = operations;
    run.parameters = {{"connections", "3"}, {"load", "160"}};
    run.service = generator;
    return run;
}

/// Two repetitions of a body; the checksum of the last one.
template <class C, class Body>
std::uint64_t repeat(const settings& run) {
    struct joiner {
        ~joiner() { C::join_all(); }
    } const at_end;
    Body body(run);
    for (int time = 1;; ++time) {
        meter stopwatch;
        const std::uint64_t checksum = body.repeat(stopwatch);
        EXPECT_TRUE(stopwatch.finished());
        EXPECT_GT(stopwatch.result().figures.at("max_ns"), 0);
        if (time == 2) {
            return checksum;
        }
    }
}

template <fault Fault, template <class> class Body>
std::uint64_t serve(std::int64_t operations) {
    const testing::load_generator generator;
    using contender = testing::serving_saboteur<Fault>;
    return repeat<contender, Body<contender>>(small(operations, generator.address()));
}

TEST(Echo, CountsTheMessagesOfEachConnection) {
    EXPECT_EQ((serve<fault::none, echo>(100)), sum_of_numbers(100, 3));
    EXPECT_EQ((serve<fault::none, echo>(2)), sum_of_numbers(2, 3));
}

TEST(Echo, FindsAMessageThatWasChangedOrComesTwice) {
    EXPECT_THROW((serve<fault::alters, echo>(100)), wrong_result);
    EXPECT_THROW((serve<fault::repeats, echo>(100)), wrong_result);
}

TEST(Echo, FindsAStrangersConnection) {
    EXPECT_THROW((serve<fault::invites, echo>(100)), wrong_result);
}

TEST(Echo, ReportsAConnectionThatBreaks) {
    EXPECT_THROW((serve<fault::breaks, echo>(100)), std::runtime_error);
}

TEST(Echo, ReportsWhyNothingIsAcceptedAnyMore) {
    try {
        serve<fault::refuses, echo>(100);
        FAIL() << "nothing was thrown";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::too_many_files_open);
        EXPECT_NE(std::string(error.what()).find("accept"), std::string::npos);
    }
}

TEST(Echo, IsToldOfTooFewDescriptorsBeforehand) {
    const testing::load_generator generator;
    settings run = small(100, generator.address());
    run.parameters = {{"connections", "1000000000"}};
    using contender = testing::serving_saboteur<fault::none>;
    try {
        repeat<contender, echo<contender>>(run);
        FAIL() << "nothing was thrown";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::too_many_files_open);
    }
}

TEST(Stall, CountsTheMessagesOfEachConnection) {
    EXPECT_EQ((serve<fault::none, stall>(1000)), sum_of_numbers(1000, stall_connections));
}

TEST(Stall, FindsAMessageThatIsLostChangedOrComesTwice) {
    EXPECT_THROW((serve<fault::drops, stall>(1000)), wrong_result);
    EXPECT_THROW((serve<fault::alters, stall>(1000)), wrong_result);
    EXPECT_THROW((serve<fault::repeats, stall>(1000)), wrong_result);
}

TEST(Stall, AsksForItsLoad) {
    constexpr int draws = 10'000;
    stalls own(1, 160);
    std::chrono::nanoseconds sum{};
    for (int draw = 0; draw < draws; ++draw) {
        own.over();
        sum += own.next() - std::chrono::steady_clock::now();
    }
    // 64 connections that compute 1 ms every 40 ms ask for 160 % of a CPU.
    EXPECT_GT(sum / draws, std::chrono::milliseconds(38));
    EXPECT_LT(sum / draws, std::chrono::milliseconds(42));
}

TEST(Churn, CountsTheConnectionsThatWereEnded) {
    EXPECT_EQ((serve<fault::none, churn>(100)), sum_of_numbers(100, 1));
    EXPECT_EQ((serve<fault::none, churn>(1)), 1U);
}

TEST(Churn, FindsAConnectionThatWasNotOnlyEnded) {
    EXPECT_THROW((serve<fault::speaks, churn>(100)), wrong_result);
}

TEST(Churn, FindsAConnectionThatNoClientMade) {
    EXPECT_THROW((serve<fault::invites, churn>(100)), wrong_result);
}

TEST(Churn, ReportsWhyNothingIsAcceptedAnyMore) {
    EXPECT_THROW((serve<fault::refuses, churn>(100)), std::system_error);
}

TEST(LoadGenerator, ServesOnlyWhoKnowsItsToken) {
    const testing::load_generator generator;
    settings run = small(100, generator.address());
    run.service->token = "another";
    using contender = testing::serving_saboteur<fault::none>;
    EXPECT_THROW((repeat<contender, echo<contender>>(run)), std::runtime_error);
}

TEST(LoadGenerator, RefusesAnOrderThatItDoesNotKnow) {
    const testing::load_generator generator;
    using contender = testing::serving_saboteur<fault::none>;
    const server address = generator.address();
    load_order order(contender::connect(address), address, 1, 0);
    meter stopwatch;
    EXPECT_THROW(order.run(stopwatch, "dance 3"), std::runtime_error);
}

TEST(LoadReport, ComesBackFromItsLine) {
    load_report report{.count = 7, .sum = 28, .figures = {{"p50_ns", 1.5}, {"max_ns", 1e10}}};
    const load_report read = parse_load_report(to_line(report));
    EXPECT_EQ(read.count, 7U);
    EXPECT_EQ(read.sum, 28U);
    EXPECT_EQ(read.figures, report.figures);
    EXPECT_THROW(parse_load_report("done count=x"), std::runtime_error);
    EXPECT_THROW(parse_load_report("done count"), std::runtime_error);
    EXPECT_THROW(parse_load_report("wrong message"), wrong_result);
}

TEST(LoadReport, ItsAnswersHaveTheirKinds) {
    EXPECT_NO_THROW(require_answer("ready", "ready"));
    EXPECT_THROW(require_answer("wrong message 3", "ready"), wrong_result);
    EXPECT_THROW(require_answer("refused socket", "ready"), std::system_error);
    EXPECT_THROW(require_answer("failed", "ready"), std::runtime_error);
    EXPECT_THROW(require_answer("", "ready"), std::runtime_error);
}

TEST(LoadReport, SumsOfNumbersAddUp) {
    EXPECT_EQ(sum_of_numbers(10, 1), 55U);
    EXPECT_EQ(sum_of_numbers(10, 4), 18U);
    EXPECT_EQ(sum_of_numbers(3, 4), 3U);
}

}  // namespace
}  // namespace suite::fanout
