#include <gtest/gtest.h>

#include "suites/kit/saboteur.hpp"
#include "suites/spawn/batch.hpp"
#include "suites/spawn/chain.hpp"
#include "suites/spawn/foreign.hpp"
#include "suites/spawn/parked.hpp"
#include "suites/spawn/skynet.hpp"

namespace suite::spawn {
namespace {

using testing::defect;
using testing::repeat_once;
using testing::saboteur;

settings batch_settings() {
    settings run;
    run.workers = 2;
    run.operations = 3;
    run.parameters = {{"tasks", "10"}, {"captured_bytes", "64"}, {"stack_touched_bytes", "1024"}};
    return run;
}

settings skynet_settings(std::int64_t leaves) {
    settings run;
    run.workers = 2;
    run.operations = 2;
    run.parameters = {{"leaves", std::to_string(leaves)}, {"capacity", "0"}};
    return run;
}

settings parked_settings(const char* wait = "channel", const char* touched = "0") {
    settings run;
    run.workers = 2;
    run.operations = 2;
    run.parameters = {{"tasks", "20"}, {"wait", wait}, {"stack_touched_bytes", touched}};
    return run;
}

/// Starts each task `Times` times, but for the one with index 5, which is started `Odd` times.
template <int Odd>
struct spoilt_batch {
    template <class MakeTask>
    static void start_and_wait(std::size_t tasks, MakeTask make) {
        for (std::size_t index = 0; index < tasks; ++index) {
            for (int time = 0; time < (index == 5 ? Odd : 1); ++time) {
                make(index)();
            }
        }
    }
};

settings chain_settings() {
    settings run;
    run.workers = 2;
    run.operations = 20;
    return run;
}

settings foreign_settings(const char* threads, const char* pool) {
    settings run;
    run.workers = 2;
    run.operations = 31;
    run.parameters = {{"threads", threads}, {"pool", pool}, {"gap_us", "0"}};
    return run;
}

/// Runs each link where it is started, but for the last, which is run `Last` times.
template <int Last>
class spoilt_chain {
public:
    void begin() {}
    template <class Task>
    void start(Task task) {
        ++started_;
        for (int time = 0; time < (started_ == 20 ? Last : 1); ++time) {
            task();
        }
    }
    void end() {}
    void wait() {}

private:
    int started_ = 0;
};

/// Runs what is handed over where it is handed over, but for one task, which is run `Odd` times.
template <int Odd>
class spoilt_pool {
public:
    void begin(std::size_t threads) { threads_ended_.add(static_cast<std::int64_t>(threads)); }
    template <class Task>
    void hand_over(Task task) {
        ++handed_over_;
        for (int time = 0; time < (handed_over_ == 5 ? Odd : 1); ++time) {
            task();
        }
    }
    void thread_ended() { threads_ended_.done(); }
    void wait() { threads_ended_.wait(); }
    void keep_busy(int, const spin&) {}
    void let_idle() {}

private:
    testing::saboteur<>::wait_group threads_ended_;
    int handed_over_ = 0;
};

TEST(Batch, CountsEveryTaskOfEveryBatch) {
    EXPECT_EQ((repeat_once<defect::none, batch_workload>(batch_settings())), 30U);
}

TEST(Batch, RunsWithEveryCaptureAndTouchedStack) {
    for (const char* captured : {"0", "64"}) {
        for (const char* touched : {"0", "1024"}) {
            settings run = batch_settings();
            run.parameters["captured_bytes"] = captured;
            run.parameters["stack_touched_bytes"] = touched;
            EXPECT_EQ((repeat_once<defect::none, batch_workload>(run)), 30U);
        }
    }
}

TEST(Batch, RefusesSizesThatItHasNoTaskFor) {
    settings run = batch_settings();
    run.parameters["captured_bytes"] = "32";
    EXPECT_THROW((repeat_once<defect::none, batch_workload>(run)), usage_error);
}

TEST(Batch, FindsATaskThatDidNotRun) {
    EXPECT_THROW((repeat_once<saboteur<>, batch_of<spoilt_batch<0>>>(batch_settings())),
                 wrong_result);
}

TEST(Batch, FindsATaskThatRanTwice) {
    EXPECT_THROW((repeat_once<saboteur<>, batch_of<spoilt_batch<2>>>(batch_settings())),
                 wrong_result);
}

TEST(Skynet, SumsItsLeaves) {
    EXPECT_EQ((repeat_once<defect::none, skynet_workload>(skynet_settings(100))), 2 * 4950U);
}

TEST(Skynet, HasTheKnownSumOfAMillion) {
    EXPECT_NO_THROW(skynet_trees(skynet_settings(1'000'000)).check(499'999'500'000U));
}

TEST(Skynet, RefusesATreeThatIsNotFull) {
    EXPECT_THROW((repeat_once<defect::none, skynet_workload>(skynet_settings(50))), usage_error);
}

TEST(Skynet, FindsADuplicatedResult) {
    EXPECT_THROW((repeat_once<defect::duplicates, skynet_workload>(skynet_settings(100))),
                 wrong_result);
}

TEST(Skynet, FindsACorruptedResult) {
    EXPECT_THROW((repeat_once<defect::corrupts, skynet_workload>(skynet_settings(10))),
                 wrong_result);
}

TEST(Chain, RunsEveryLink) {
    EXPECT_EQ((repeat_once<defect::none, chain_workload>(chain_settings())), 20U);
    EXPECT_EQ((repeat_once<saboteur<>, chain_of<spoilt_chain<1>>>(chain_settings())), 20U);
}

TEST(Chain, FindsALinkThatDidNotRun) {
    EXPECT_THROW((repeat_once<saboteur<>, chain_of<spoilt_chain<0>>>(chain_settings())),
                 wrong_result);
}

TEST(Chain, FindsALinkThatRanTwice) {
    EXPECT_THROW((repeat_once<saboteur<>, chain_of<spoilt_chain<2>>>(chain_settings())),
                 wrong_result);
}

TEST(Foreign, RunsWhatThreadsHandOver) {
    for (const char* threads : {"1", "4"}) {
        for (const char* pool : {"idle", "busy"}) {
            EXPECT_EQ(
                (repeat_once<defect::none, foreign_workload>(foreign_settings(threads, pool))),
                31U);
        }
    }
}

TEST(Foreign, RefusesAnotherPoolAndThreadsWithoutATask) {
    EXPECT_THROW((repeat_once<defect::none, foreign_workload>(foreign_settings("1", "warm"))),
                 usage_error);
    EXPECT_THROW((repeat_once<defect::none, foreign_workload>(foreign_settings("32", "idle"))),
                 usage_error);
}

TEST(Foreign, FindsATaskThatRanTwice) {
    EXPECT_NO_THROW(
        (repeat_once<saboteur<>, foreign_of<spoilt_pool<1>>>(foreign_settings("1", "idle"))));
    EXPECT_THROW(
        (repeat_once<saboteur<>, foreign_of<spoilt_pool<2>>>(foreign_settings("1", "idle"))),
        wrong_result);
}

TEST(HandedOver, FindsATaskThatOvertookAnother) {
    const auto now = std::chrono::steady_clock::now();
    handed_over load(2);
    load.arrived(2, now);
    load.arrived(1, now);
    EXPECT_THROW(load.check(), wrong_result);
}

TEST(HandedOver, FindsATaskThatDidNotRun) {
    handed_over load(2);
    load.arrived(1, std::chrono::steady_clock::now());
    EXPECT_THROW(load.check(), wrong_result);
}

TEST(Parked, CountsTheTasksThatWoke) {
    EXPECT_EQ((repeat_once<defect::none, parked_workload>(parked_settings())), 40U);
}

TEST(Parked, WakesTasksFromEveryWaitAndWithEveryStack) {
    for (const char* wait : {"channel", "own_channel", "sleep"}) {
        for (const char* touched : {"0", "1024", "4096"}) {
            settings run = parked_settings(wait, touched);
            run.operations = 1;
            EXPECT_EQ((repeat_once<defect::none, parked_workload>(run)), 20U);
        }
    }
}

TEST(Parked, RefusesAnotherWaitAndAnotherStack) {
    EXPECT_THROW((repeat_once<defect::none, parked_workload>(parked_settings("mutex"))),
                 usage_error);
    EXPECT_THROW((repeat_once<defect::none, parked_workload>(parked_settings("channel", "1"))),
                 usage_error);
}

/// Starts its first task so late that a sleep of 250 ms, begun before, is over by then.
class late_starter : public saboteur<> {
public:
    template <class Task>
    static void spawn(Task task) {
        if (!std::exchange(was_late_, true)) {
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
        }
        saboteur<>::spawn(std::move(task));
    }

private:
    static inline bool was_late_ = false;
};

TEST(Parked, SleepsAgainWhenTheFirstWokeBeforeTheLastWasAsleep) {
    settings run = parked_settings("sleep");
    run.operations = 1;
    parked<late_starter> tasks(run);
    meter stopwatch;
    EXPECT_EQ(tasks.repeat(stopwatch), 20U);
    late_starter::join_all();
    // The start of the round that counts: without the time by which the first was late.
    EXPECT_LT(stopwatch.result().figures.at("start_task_ns"), 300e6 / 20);
}

TEST(Parked, FindsASleepThatWasTooShort) {
    EXPECT_THROW((repeat_once<defect::wakes_early, parked_workload>(parked_settings("sleep"))),
                 wrong_result);
}

TEST(Parked, FindsATaskThatWasWokenWithAValue) {
    EXPECT_THROW((repeat_once<defect::invents_at_close, parked_workload>(parked_settings())),
                 wrong_result);
}

}  // namespace
}  // namespace suite::spawn
