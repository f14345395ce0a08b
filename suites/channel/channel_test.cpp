#include <gtest/gtest.h>

#include "suites/channel/ping_pong.hpp"
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
    run.parameters = {{"capacity", "1"}};
    return run;
}

settings throughput_settings(const char* tasks) {
    settings run;
    run.workers = 2;
    run.operations = 1001;
    run.parameters = {{"producers", tasks}, {"consumers", tasks}, {"capacity", "128"}};
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

TEST(Throughput, SumsUnevenShares) {
    // Four producers of 250 or 251 messages: 251 * 252 / 2 + 3 * 250 * 251 / 2.
    EXPECT_EQ((repeat_once<defect::none, throughput_workload>(throughput_settings("4"))), 125'751U);
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

}  // namespace
}  // namespace suite::channel
