// Coroutines and channels in rows, rings and groups: each check broken on purpose.

#include <gtest/gtest.h>

#include "asio_test.hpp"
#include "channel_idioms.hpp"

namespace contender {
namespace {

using suite::channel::fine_grain_sum_of;
using suite::channel::pipeline_of;
using suite::channel::sieve_of;

std::map<std::string, std::string, std::less<>> pipeline_words(const char* capacity,
                                                               const char* stages = "5") {
    return {{"stages", stages}, {"capacity", capacity}};
}

std::map<std::string, std::string, std::less<>> select_words(const char* mode,
                                                             const char* channels = "4") {
    return {{"mode", mode}, {"channels", channels}, {"tasks", "3"}};
}

TEST_P(EveryPool, SendsTokensRound) {
    for (const char* tokens : {"1", "4"}) {
        EXPECT_EQ(
            repeat_once<coroutine_ring<channel>>(ask(501, {{"tasks", "7"}, {"tokens", tokens}})),
            501U);
    }
}

TEST_P(EveryPool, SquaresInEveryStage) {
    for (const char* capacity : {"0", "16"}) {
        EXPECT_GT(repeat_once<pipeline_of<coroutine_for_each_stage<channel>>>(
                      ask(100, pipeline_words(capacity))),
                  0U);
    }
}

TEST_P(EveryPool, FindsTheFirstPrimes) {
    EXPECT_EQ(repeat_once<sieve_of<coroutine_for_each_prime<channel>>>(ask(2, {{"primes", "20"}})),
              2 * 71U);
}

TEST_P(EveryPool, SumsBatches) {
    EXPECT_EQ(
        repeat_once<fine_grain_sum_of<sum_of_coroutines<channel>>>(ask(1000, {{"grain", "1"}})),
        999U * 500);
}

TEST_P(EveryPool, SelectsInEveryModeAndWidth) {
    for (const char* mode : {"ready", "empty", "default", "timeout", "done"}) {
        for (const char* channels : {"2", "16"}) {
            EXPECT_EQ(repeat_once<coroutine_select<channel_group>>(
                          ask(301, select_words(mode, channels))),
                      301U)
                << mode << ' ' << channels;
        }
    }
}

template <class Body>
void expect_found(std::map<std::string, std::string, std::less<>> parameters) {
    const suite::settings run = make_settings("thread_pool", 2, 50, std::move(parameters));
    EXPECT_THROW(repeat_once<Body>(run), suite::wrong_result);
}

TEST(Ring, FindsACorruptedToken) {
    expect_found<coroutine_ring<spoilt_channel<defect::corrupts>>>(
        {{"tasks", "3"}, {"tokens", "1"}});
}

TEST(Pipeline, FindsANumberThatWasLostDoubledOrLate) {
    using suite::channel::pipeline_of;
    expect_found<pipeline_of<coroutine_for_each_stage<spoilt_channel<defect::drops>>>>(
        pipeline_words("0"));
    expect_found<pipeline_of<coroutine_for_each_stage<spoilt_channel<defect::duplicates>>>>(
        pipeline_words("0"));
    // An even number of channels would put what each of them exchanges into order again.
    expect_found<pipeline_of<coroutine_for_each_stage<spoilt_channel<defect::reorders>>>>(
        pipeline_words("0", "4"));
}

TEST(Sieve, FindsALostPrime) {
    expect_found<sieve_of<coroutine_for_each_prime<spoilt_channel<defect::drops>>>>(
        {{"primes", "20"}});
}

TEST(FineGrainSum, FindsALostBatch) {
    expect_found<fine_grain_sum_of<sum_of_coroutines<spoilt_channel<defect::drops>>>>(
        {{"grain", "1"}});
}

enum class group_defect { misreports, overlooks, gives_up, repeats, corrupts };

/// A group with one defect: it names the next channel, never finds anything at once, gives up the
/// second time, gives its second message twice, or changes its third.
template <group_defect Defect>
class spoilt_group : public channel_group {
public:
    using channel_group::channel_group;

    strand_task<received> receive_any() {
        if (++calls_ == 3 && Defect == group_defect::repeats) {
            co_return last_;
        }
        last_ = renamed(co_await channel_group::receive_any());
        if (calls_ == 3 && Defect == group_defect::corrupts) {
            *last_.second ^= 1;
        }
        co_return last_;
    }

    strand_task<received> receive_any_for(std::chrono::nanoseconds patience) {
        if (++calls_ == 2 && Defect == group_defect::gives_up) {
            co_return received{size(), std::nullopt};
        }
        co_return renamed(co_await channel_group::receive_any_for(patience));
    }

    received try_receive_any() {
        return Defect == group_defect::overlooks ? received{size(), std::nullopt}
                                                 : renamed(channel_group::try_receive_any());
    }

private:
    received renamed(received got) const {
        if (Defect == group_defect::misreports && got.second) {
            got.first = (got.first + 1) % size();
        }
        return got;
    }

    int calls_ = 0;
    received last_;
};

TEST(Select, FindsAMessageReportedUnderAnotherChannel) {
    for (const char* mode : {"ready", "empty", "default", "done"}) {
        expect_found<coroutine_select<spoilt_group<group_defect::misreports>>>(select_words(mode));
    }
}

TEST(Select, FindsAMessageThatIsGivenTwice) {
    expect_found<coroutine_select<spoilt_group<group_defect::repeats>>>(select_words("done"));
}

TEST(Select, FindsASelectThatWouldHaveFoundNothingEver) {
    expect_found<coroutine_select<spoilt_group<group_defect::overlooks>>>(select_words("default"));
}

TEST(Select, FindsACorruptedMessage) {
    expect_found<coroutine_select<spoilt_group<group_defect::corrupts>>>(select_words("done"));
}

TEST(Select, FindsATimeoutThatFired) {
    expect_found<coroutine_select<spoilt_group<group_defect::gives_up>>>(select_words("timeout"));
}

strand_task<> receive_two(channel_group& group, std::vector<received>& got) {
    for (int time = 0; time < 2; ++time) {
        got.push_back(co_await group.receive_any());
    }
}

TEST(ChannelGroup, KeepsTheMessagesThatCameTogether) {
    const pool_of_run pool(make_settings("thread_pool", 2, 1, {}));
    std::vector<channel> channels{channel(1), channel(1)};
    for (channel& each : channels) {
        EXPECT_TRUE(each.try_send(7));
    }
    channel_group group(channels);
    std::vector<received> got;
    run_to_end_in(group.where(), receive_two(group, got));
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].first + got[1].first, 1U) << "one message of either channel";
    EXPECT_EQ(got[0].second, 7U);
    EXPECT_EQ(got[1].second, 7U);
}

strand_task<> receive_in_no_time(channel_group& group, received& got) {
    got = co_await group.receive_any_for(std::chrono::nanoseconds(0));
}

TEST(ChannelGroup, GivesUpWhenItsTimeIsOver) {
    const pool_of_run pool(make_settings("thread_pool", 2, 1, {}));
    channel_group group({channel(0), channel(0)});
    received got;
    run_to_end_in(group.where(), receive_in_no_time(group, got));
    EXPECT_EQ(got, (received{2, std::nullopt}));
}

strand_task<> receive_one(channel_group& group, received& got) {
    got = co_await group.receive_any();
}

TEST(ChannelGroup, SaysWhichChannelWasClosed) {
    const pool_of_run pool(make_settings("thread_pool", 2, 1, {}));
    channel closed(0);
    closed.close();
    channel_group group({channel(0), closed});
    received got;
    run_to_end_in(group.where(), receive_one(group, got));
    EXPECT_EQ(got, (received{1, std::nullopt}));
}

}  // namespace
}  // namespace contender
