// What each check is for is broken here, and the check has to see it; and the tasks themselves.

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <utility>

#include "asio_test.hpp"
#include "channel_idioms.hpp"
#include "pool_idioms.hpp"
#include "sharing_idioms.hpp"
#include "spawn_idioms.hpp"

namespace contender {
namespace {

/// Calls the work of each task `Times` times.
template <int Times>
struct miscounting_starter {
    template <class Work>
    static void start(Work work, wait_group& ended) {
        for (int time = 0; time < Times; ++time) {
            work();
        }
        ended.done();
    }
};

suite::settings batch_settings(const char* profile, int workers) {
    return make_settings(
        profile, workers, 3,
        {{"tasks", "100"}, {"captured_bytes", "64"}, {"stack_touched_bytes", "1024"}});
}

suite::settings traffic_settings(const char* profile, int workers, const char* tasks,
                                 const char* capacity, const char* bytes = "8",
                                 const char* work_ns = "0") {
    return make_settings(profile, workers, 1001,
                         {{"producers", tasks},
                          {"consumers", tasks},
                          {"capacity", capacity},
                          {"message_bytes", bytes},
                          {"work_ns", work_ns}});
}

std::map<std::string, std::string, std::less<>> parked_words(const char* wait,
                                                             const char* touched = "0") {
    return {{"tasks", "100"}, {"wait", wait}, {"stack_touched_bytes", touched}};
}

INSTANTIATE_TEST_SUITE_P(Asio, EveryPool,
                         testing::Combine(testing::Values("thread_pool", "tuned"),
                                          testing::Values(1, 2, 5)));

TEST_P(EveryPool, HasItsWorkers) {
    const suite::settings run = ask(1, {});
    const pool_of_run pool(run);
    EXPECT_EQ(pool_of_run::workers(), workers());
}

TEST_P(EveryPool, StartsABatchAndWaitsForIt) {
    using body = coroutine_batch<coroutine_or_function>;
    EXPECT_EQ(repeat_once<body>(batch_settings(profile(), workers())), 300U);
}

TEST_P(EveryPool, RunsAChainToItsEnd) {
    EXPECT_EQ(repeat_once<suite::spawn::chain_of<coroutine_chain>>(ask(1000, {})), 1000U);
}

TEST_P(EveryPool, RunsWhatThreadsHandOver) {
    using body = suite::spawn::foreign_of<pool_for_threads>;
    for (const char* pool : {"idle", "busy"}) {
        EXPECT_EQ(repeat_once<body>(ask(51, {{"threads", "3"}, {"pool", pool}, {"gap_us", "0"}})),
                  51U);
    }
}

TEST_P(EveryPool, GrowsATree) {
    for (const char* capacity : {"0", "10"}) {
        EXPECT_EQ(repeat_once<coroutine_skynet<channel>>(
                      ask(2, {{"leaves", "1000"}, {"capacity", capacity}})),
                  2 * 499'500U);
    }
}

TEST_P(EveryPool, ParksAndWakes) {
    for (const char* wait : {"channel", "own_channel"}) {
        for (const char* touched : {"0", "1024", "4096"}) {
            EXPECT_EQ(repeat_once<parked_coroutines<channel>>(ask(3, parked_words(wait, touched))),
                      300U);
        }
    }
}

TEST_P(EveryPool, SleepsAndWakes) {
    EXPECT_EQ(repeat_once<parked_coroutines<channel>>(ask(1, parked_words("sleep"))), 100U);
}

TEST_P(EveryPool, PlaysPingPong) {
    for (const char* capacity : {"0", "1"}) {
        EXPECT_EQ(repeat_once<coroutine_ping_pong<channel>>(
                      ask(50, {{"capacity", capacity}, {"timed", "all"}})),
                  100U);
    }
}

TEST_P(EveryPool, TimesEachRoundTrip) {
    for (const char* timed : {"all", "each"}) {
        const suite::settings run = ask(50, {{"capacity", "0"}, {"timed", timed}});
        const pool_of_run pool(run);
        suite::meter stopwatch;
        EXPECT_EQ(coroutine_ping_pong<channel>(run).repeat(stopwatch), 100U);
        EXPECT_EQ(stopwatch.result().figures.contains("p50_ns"), timed == std::string("each"));
    }
}

TEST_P(EveryPool, GetsEveryMessageThrough) {
    for (const char* tasks : {"1", "4"}) {
        for (const char* capacity : {"0", "1", "128"}) {
            const auto run = traffic_settings(profile(), workers(), tasks, capacity);
            EXPECT_EQ(repeat_once<coroutine_throughput<channel>>(run), 1001U);
        }
    }
}

TEST_P(EveryPool, GetsMessagesOfEverySizeThroughWithWorkInBetween) {
    for (const char* bytes : {"8", "64", "256"}) {
        for (const char* work_ns : {"0", "100"}) {
            const auto run = traffic_settings(profile(), workers(), "4", "128", bytes, work_ns);
            EXPECT_EQ(repeat_once<coroutine_throughput<channel>>(run), 1001U);
        }
    }
}

TEST_P(EveryPool, IncrementsEveryCounter) {
    using body = suite::sharing::false_sharing_of<counted_coroutines>;
    EXPECT_EQ(repeat_once<body>(ask(1001, {{"stride", "8"}})), 1001U);
}

TEST_P(EveryPool, WorksOffEveryJob) {
    using body = suite::pool::worker_pool_of<coroutine_pool<channel>>;
    EXPECT_EQ(repeat_once<body>(ask(1000, {{"grain_ns", "0"}, {"pool_tasks", "workers"}})),
              500'500U);
}

TEST(Batch, FindsATaskThatRanTwiceOrNever) {
    const suite::settings run = batch_settings("thread_pool", 2);
    EXPECT_THROW(repeat_once<coroutine_batch<miscounting_starter<2>>>(run), suite::wrong_result);
    EXPECT_THROW(repeat_once<coroutine_batch<miscounting_starter<0>>>(run), suite::wrong_result);
}

TEST(Skynet, FindsACorruptedSum) {
    const auto run = make_settings("thread_pool", 2, 1, {{"leaves", "100"}, {"capacity", "10"}});
    EXPECT_THROW(repeat_once<coroutine_skynet<spoilt_channel<defect::corrupts>>>(run),
                 suite::wrong_result);
}

TEST(Parked, FindsATaskThatReceivedSomething) {
    for (const char* wait : {"channel", "own_channel"}) {
        const auto run = make_settings("thread_pool", 2, 1, parked_words(wait));
        EXPECT_THROW(repeat_once<parked_coroutines<spoilt_channel<defect::invents>>>(run),
                     suite::wrong_result);
    }
}

/// A timer that has expired from the beginning.
class hasty_timer : public timer {
public:
    hasty_timer(const executor& where, time_point) : timer(where, time_point::min()) {}
};

TEST(Parked, FindsASleepThatIsTooShort) {
    const auto run = make_settings("thread_pool", 2, 1, parked_words("sleep"));
    EXPECT_THROW((repeat_once<parked_coroutines<channel, hasty_timer>>(run)), suite::wrong_result);
}

/// The first one holds its worker up for longer than the first sleep.
class slow_timer : public timer {
public:
    slow_timer(const executor& where, time_point due) : timer(where, due) {
        if (!std::exchange(was_slow_, true)) {
            std::this_thread::sleep_until(due + std::chrono::milliseconds(50));
        }
    }

private:
    static inline bool was_slow_ = false;
};

TEST(Parked, SleepsLongerWhereTasksWokeBeforeTheLastWasAsleep) {
    const auto run = make_settings("thread_pool", 1, 1, parked_words("sleep"));
    const pool_of_run pool(run);
    suite::meter stopwatch;
    EXPECT_EQ((parked_coroutines<channel, slow_timer>(run).repeat(stopwatch)), 100U);
    EXPECT_LT(stopwatch.result().figures.at("start_task_ns"), 2.5e6) << "of the first round";
}

TEST(Parked, RefusesAnotherWaitAndAnotherStack) {
    using body = parked_coroutines<channel>;
    EXPECT_THROW(repeat_once<body>(make_settings("thread_pool", 1, 1, parked_words("mutex"))),
                 suite::usage_error);
    EXPECT_THROW(
        repeat_once<body>(make_settings("thread_pool", 1, 1, parked_words("channel", "1"))),
        suite::usage_error);
}

TEST(PingPong, FindsACorruptedToken) {
    const auto run = make_settings("thread_pool", 2, 50, {{"capacity", "1"}, {"timed", "each"}});
    EXPECT_THROW(repeat_once<coroutine_ping_pong<spoilt_channel<defect::corrupts>>>(run),
                 suite::wrong_result);
}

template <defect Defect>
void expect_found(const char* tasks, const char* bytes = "8") {
    const auto run = traffic_settings("thread_pool", 2, tasks, "128", bytes);
    EXPECT_THROW(repeat_once<coroutine_throughput<spoilt_channel<Defect>>>(run),
                 suite::wrong_result);
}

TEST(Throughput, FindsADroppedADuplicatedAndACorruptedMessage) {
    for (const char* tasks : {"1", "4"}) {
        expect_found<defect::drops>(tasks);
        expect_found<defect::duplicates>(tasks);
    }
    for (const char* bytes : {"8", "64", "256"}) {
        expect_found<defect::corrupts>("1", bytes);
    }
}

TEST(Throughput, RefusesMessagesOfAnotherSize) {
    EXPECT_THROW(repeat_once<coroutine_throughput<channel>>(
                     traffic_settings("thread_pool", 2, "1", "128", "16")),
                 suite::usage_error);
}

TEST(Throughput, FindsAMessageThatOvertookAnother) {
    expect_found<defect::reorders>("1");
}

TEST(WorkerPool, FindsALostAndACorruptedResult) {
    const auto run =
        make_settings("thread_pool", 2, 1000, {{"grain_ns", "0"}, {"pool_tasks", "workers"}});
    using suite::pool::worker_pool_of;
    EXPECT_THROW(repeat_once<worker_pool_of<coroutine_pool<spoilt_channel<defect::drops>>>>(run),
                 suite::wrong_result);
    EXPECT_THROW(repeat_once<worker_pool_of<coroutine_pool<spoilt_channel<defect::corrupts>>>>(run),
                 suite::wrong_result);
}

task<int> add_one(int value) {
    co_await queued();
    co_return value + 1;
}

TEST(Tasks, GiveTheirResultToWhoIsOutside) {
    const pool_of_run pool(make_settings("thread_pool", 2, 1, {}));
    EXPECT_EQ(run_to_end(add_one(1)), 2);
}

task<> fail() {
    co_await queued();
    throw suite::wrong_result("on purpose");
}

TEST(Tasks, GiveTheirFailureToWhoIsOutside) {
    const pool_of_run pool(make_settings("thread_pool", 2, 1, {}));
    EXPECT_THROW(run_to_end(fail()), suite::wrong_result);
}

task<> wait_twice(wait_group& group) {
    for (int time = 0; time < 2; ++time) {
        group.add(1);
        group.done();
        co_await group.wait();
    }
}

TEST(WaitGroup, MayBeUsedAgain) {
    const pool_of_run pool(make_settings("thread_pool", 1, 1, {}));
    wait_group group;
    run_to_end(wait_twice(group));
}

}  // namespace
}  // namespace contender
