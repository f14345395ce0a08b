// goexit of main, what goexit does to the process, and run_and_exit.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/runtime.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace weft {
namespace {

using sched::yield_until;

int three() {
    return 3;
}

class main_exit_test : public sched::at_procs {};

TEST_P(main_exit_test, main_may_leave_and_the_others_go_on) {
    std::atomic<int> finished{0};
    std::string report;
    bool returned = false;
    try {
        run(
            [&] {
                for (int i = 0; i < 10; ++i) {
                    go([&finished] {
                        sleep(std::chrono::milliseconds(2));
                        ++finished;
                    });
                }
                goexit();
                returned = true;
            },
            {.procs = GetParam(), .on_deadlock = on_deadlock::throw_error});
    } catch (const deadlock_error& e) {
        report = e.what();
    }
    EXPECT_EQ(finished, 10);
    EXPECT_FALSE(returned);
    EXPECT_EQ(report, "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n");
    EXPECT_EQ(run([] { return 3; }, {.procs = GetParam()}), 3);
}

INSTANTIATE_TEST_SUITE_P(procs, main_exit_test, sched::processor_counts,
                         testing::PrintToStringParamName());

class main_exit_death_test : public testing::Test {
protected:
    main_exit_death_test() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(main_exit_death_test, of_main_ends_in_go_s_words_when_the_last_has_ended) {
    EXPECT_EXIT(run([] {
                    go([] { yield(); });
                    goexit();
                }),
                testing::ExitedWithCode(2),
                testing::Eq("fatal error: no goroutines (main called runtime.Goexit) - "
                            "deadlock!\n"));
}

TEST_F(main_exit_death_test, of_main_with_others_stuck_is_a_deadlock_of_theirs) {
    EXPECT_EXIT(run([] {
                    go([] { make_chan<int>().recv(); });
                    goexit();
                }),
                testing::ExitedWithCode(2),
                testing::ContainsRegex("^fatal error: all goroutines are asleep - deadlock!\n\n"
                                       "goroutine 2 \\[chan receive\\]:\n"));
}

TEST_F(main_exit_death_test,
       what_a_handler_throws_instead_ends_the_process_when_nobody_catches_it) {
    EXPECT_EXIT(run([] {
                    try {
                        goexit();
                    } catch (...) {
                        go([] {
                            try {
                                goexit();
                            } catch (...) {
                                throw panic("hello");
                            }
                        });
                        sleep(std::chrono::seconds(10));
                    }
                }),
                testing::ExitedWithCode(2),
                testing::ContainsRegex("^panic: hello\n\ngoroutine 2 "));
}

TEST_F(main_exit_death_test, a_noexcept_frame_terminates) {
    EXPECT_EXIT(run([] { [&]() noexcept { goexit(); }(); }), testing::KilledBySignal(SIGABRT),
                testing::ContainsRegex(""));
}

TEST_F(main_exit_death_test, run_and_exit_ends_the_process_with_main_s_result) {
    EXPECT_EXIT(run_and_exit(
                    [] {
                        std::printf("flushed");
                        static std::atomic<int> computed{0};
                        go([] {
                            while (true) {  // it never gets to a scheduling point
                                ++computed;
                            }
                        });
                        yield_until([] { return computed > 0; });
                        return 7;
                    },
                    {.procs = 2}),
                testing::ExitedWithCode(7), testing::Eq(""));
    EXPECT_EXIT(run_and_exit(three), testing::ExitedWithCode(3), testing::Eq(""));
    EXPECT_EXIT(run_and_exit([] {}), testing::ExitedWithCode(0), testing::Eq(""));
    EXPECT_EXIT(run_and_exit([] { throw std::runtime_error("mine"); }), testing::ExitedWithCode(2),
                testing::ContainsRegex("^panic: std::runtime_error: mine\n\ngoroutine 1 "));
}

}  // namespace
}  // namespace weft
