#include <gtest/gtest.h>

#include "suites/channel/fine_grain_sum.hpp"
#include "suites/channel/ping_pong.hpp"
#include "suites/channel/pipeline.hpp"
#include "suites/channel/ring.hpp"
#include "suites/channel/sieve.hpp"
#include "suites/channel/throughput.hpp"
#include "suites/kit/saboteur.hpp"

namespace suite::channel {
namespace {

using testing::defect;
using testing::repeat_once;

settings ping_pong_settings() {
    settings run;
    run.workers = 2;
    run.operations = 50;
    run.parameters = {{"capacity", "1"}, {"timed", "all"}};
    return run;
}

settings throughput_settings(const char* tasks, const char* bytes = "8") {
    settings run;
    run.workers = 2;
    run.operations = 1001;
    run.parameters = {{"producers", tasks},
                      {"consumers", tasks},
                      {"capacity", "128"},
                      {"message_bytes", bytes},
                      {"work_ns", "0"}};
    return run;
}

settings ring_settings(const char* tokens) {
    settings run;
    run.workers = 2;
    run.operations = 50;
    run.parameters = {{"tasks", "5"}, {"tokens", tokens}};
    return run;
}

settings sieve_settings(const char* primes) {
    settings run;
    run.workers = 2;
    run.operations = 2;
    run.parameters = {{"primes", primes}};
    return run;
}

settings pipeline_settings(const char* stages) {
    settings run;
    run.workers = 2;
    run.operations = 100;
    run.parameters = {{"stages", stages}, {"capacity", "0"}};
    return run;
}

settings fine_grain_settings(std::int64_t numbers, const char* grain) {
    settings run;
    run.workers = 2;
    run.operations = numbers;
    run.parameters = {{"grain", grain}};
    return run;
}

TEST(PingPong, CountsTwoHopsForEachTrip) {
    EXPECT_EQ((repeat_once<defect::none, ping_pong_workload>(ping_pong_settings())), 100U);
}

TEST(PingPong, FindsACorruptedToken) {
    EXPECT_THROW((repeat_once<defect::corrupts, ping_pong_workload>(ping_pong_settings())),
                 wrong_result);
}

TEST(PingPong, FindsADuplicatedToken) {
    EXPECT_THROW((repeat_once<defect::duplicates, ping_pong_workload>(ping_pong_settings())),
                 wrong_result);
}

TEST(PingPong, GivesPercentilesOfWhatItTimesEach) {
    using body = ping_pong<testing::saboteur<>>;
    for (const char* timed : {"all", "each"}) {
        settings run = ping_pong_settings();
        run.parameters["timed"] = timed;
        body trips(run);
        meter stopwatch;
        EXPECT_EQ(trips.repeat(stopwatch), 100U);
        testing::saboteur<>::join_all();
        EXPECT_EQ(stopwatch.result().figures.contains("p50_ns"), timed[0] == 'e');
    }
}

TEST(PingPong, RefusesToTimeAnythingElse) {
    settings run = ping_pong_settings();
    run.parameters["timed"] = "none";
    EXPECT_THROW((repeat_once<defect::none, ping_pong_workload>(run)), usage_error);
}

TEST(Throughput, SumsUnevenShares) {
    // Four producers of 250 or 251 messages: 251 * 252 / 2 + 3 * 250 * 251 / 2.
    EXPECT_EQ((repeat_once<defect::none, throughput_workload>(throughput_settings("4"))), 125'751U);
}

TEST(Throughput, SumsMessagesOfEverySize) {
    for (const char* bytes : {"64", "256"}) {
        EXPECT_EQ((repeat_once<defect::none, throughput_workload>(throughput_settings("4", bytes))),
                  125'751U);
    }
}

TEST(Throughput, WorksBetweenOperations) {
    settings run = throughput_settings("1");
    run.parameters["work_ns"] = "1000";
    EXPECT_EQ((repeat_once<defect::none, throughput_workload>(run)), 1001U * 1002 / 2);
}

TEST(Throughput, RefusesASizeThatItHasNoMessageFor) {
    EXPECT_THROW((repeat_once<defect::none, throughput_workload>(throughput_settings("1", "16"))),
                 usage_error);
}

TEST(Throughput, FindsADroppedMessage) {
    EXPECT_THROW((repeat_once<defect::drops, throughput_workload>(throughput_settings("1"))),
                 wrong_result);
    EXPECT_THROW((repeat_once<defect::drops, throughput_workload>(throughput_settings("4"))),
                 wrong_result);
}

TEST(Throughput, FindsADuplicatedMessage) {
    EXPECT_THROW((repeat_once<defect::duplicates, throughput_workload>(throughput_settings("1"))),
                 wrong_result);
    EXPECT_THROW((repeat_once<defect::duplicates, throughput_workload>(throughput_settings("4"))),
                 wrong_result);
}

TEST(Throughput, FindsACorruptedMessage) {
    EXPECT_THROW((repeat_once<defect::corrupts, throughput_workload>(throughput_settings("1"))),
                 wrong_result);
}

TEST(Throughput, FindsAMessageOfWhichAnEndIsCorrupted) {
    EXPECT_THROW(
        (repeat_once<defect::corrupts, throughput_workload>(throughput_settings("1", "256"))),
        wrong_result);
}

TEST(Throughput, FindsAMessageThatOvertookAnother) {
    EXPECT_THROW((repeat_once<defect::reorders, throughput_workload>(throughput_settings("1"))),
                 wrong_result);
}

TEST(Tally, FindsAMessageThatOvertookAnother) {
    tally seen(2);
    seen.take(message::make(1, 2));
    seen.take(message::make(0, 1));
    EXPECT_EQ(seen.disordered, 0U);
    seen.take(message::make(1, 1));
    EXPECT_EQ(seen.disordered, 1U);
}

TEST(Tally, FindsAProducerThatDoesNotExist) {
    tally seen(2);
    seen.take(message::make(2, 1));
    EXPECT_EQ(seen.disordered, 1U);
}

TEST(Ring, CountsTheHopsOfAllTokens) {
    EXPECT_EQ((repeat_once<defect::none, ring_workload>(ring_settings("1"))), 50U);
    EXPECT_EQ((repeat_once<defect::none, ring_workload>(ring_settings("4"))), 50U);
}

TEST(Ring, RefusesMoreTokensThanCanTurn) {
    EXPECT_THROW((repeat_once<defect::none, ring_workload>(ring_settings("5"))), usage_error);
}

TEST(Ring, FindsATokenThatWentAnotherWay) {
    EXPECT_THROW((repeat_once<defect::corrupts, ring_workload>(ring_settings("1"))), wrong_result);
}

TEST(Ring, FindsADuplicatedToken) {
    EXPECT_THROW((repeat_once<defect::duplicates, ring_workload>(ring_settings("1"))),
                 wrong_result);
}

TEST(RingWay, FindsATaskThatWasPassedOver) {
    const ring_way way(ring_settings("1"));
    EXPECT_EQ(way.check({10, 10, 10, 10, 10}), 50U);
    EXPECT_THROW(way.check({10, 10, 9, 11, 10}), wrong_result);
}

TEST(FirstPrimes, CountsTheHopsOfEveryNumber) {
    const first_primes found(3);
    EXPECT_EQ(found.primes, (std::vector<std::uint64_t>{2, 3, 5}));
    EXPECT_EQ(found.hops, 1U + 2U + 1U + 3U);  // of 2, 3, 4 and 5
    EXPECT_EQ(first_primes(2000).primes.back(), 17389U);
}

TEST(Sieve, FindsTheFirstPrimes) {
    EXPECT_EQ((repeat_once<defect::none, sieve_workload>(sieve_settings("30"))), 2U * 113);
}

TEST(Sieve, FindsALostNumber) {
    EXPECT_THROW((repeat_once<defect::drops, sieve_workload>(sieve_settings("30"))), wrong_result);
}

TEST(Sieve, FindsANumberThatOvertookAnother) {
    EXPECT_THROW((repeat_once<defect::reorders, sieve_workload>(sieve_settings("30"))),
                 wrong_result);
}

TEST(Sieve, FindsACorruptedNumber) {
    EXPECT_THROW((repeat_once<defect::corrupts, sieve_workload>(sieve_settings("30"))),
                 wrong_result);
}

TEST(Pipeline, WeighsTheNumbersOfEveryLength) {
    // Without a stage in between: the sum of place * (place + 1) over 100 places.
    EXPECT_EQ((repeat_once<defect::none, pipeline_workload>(pipeline_settings("2"))), 343'400U);
    EXPECT_NO_THROW((repeat_once<defect::none, pipeline_workload>(pipeline_settings("10"))));
}

TEST(Pipeline, FindsALostNumber) {
    EXPECT_THROW((repeat_once<defect::drops, pipeline_workload>(pipeline_settings("3"))),
                 wrong_result);
}

TEST(Pipeline, FindsADuplicatedNumber) {
    EXPECT_THROW((repeat_once<defect::duplicates, pipeline_workload>(pipeline_settings("3"))),
                 wrong_result);
}

TEST(Pipeline, FindsANumberThatOvertookAnother) {
    EXPECT_THROW((repeat_once<defect::reorders, pipeline_workload>(pipeline_settings("2"))),
                 wrong_result);
}

TEST(Pipeline, FindsACorruptedNumber) {
    EXPECT_THROW((repeat_once<defect::corrupts, pipeline_workload>(pipeline_settings("3"))),
                 wrong_result);
}

TEST(FineGrainSum, SumsWhatTheTableHolds) {
    // Two whole batches and a short one: the numbers from 0 to 99, one after the other.
    EXPECT_EQ((repeat_once<defect::none, fine_grain_sum_workload>(fine_grain_settings(100, "40"))),
              4950U);
    EXPECT_NO_THROW((repeat_once<defect::none, fine_grain_sum_workload>(
        fine_grain_settings(1'000'000, "100000"))));
}

TEST(FineGrainSum, FindsALostBatch) {
    EXPECT_THROW(
        (repeat_once<defect::drops, fine_grain_sum_workload>(fine_grain_settings(100, "1"))),
        wrong_result);
}

TEST(FineGrainSum, FindsADuplicatedBatch) {
    // The first batch, which holds more than the number 0.
    EXPECT_THROW(
        (repeat_once<defect::duplicates, fine_grain_sum_workload>(fine_grain_settings(100, "10"))),
        wrong_result);
}

TEST(FineGrainSum, FindsACorruptedBatch) {
    EXPECT_THROW(
        (repeat_once<defect::corrupts, fine_grain_sum_workload>(fine_grain_settings(100, "10"))),
        wrong_result);
}

TEST(FineGrainSum, RefusesABatchThatTheTableDoesNotHold) {
    EXPECT_THROW((repeat_once<defect::none, fine_grain_sum_workload>(
                     fine_grain_settings(1'000'000, "131073"))),
                 usage_error);
}

}  // namespace
}  // namespace suite::channel
