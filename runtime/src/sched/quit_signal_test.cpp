#include "sched/quit_signal.hpp"

#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/runtime.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

namespace weft::sched {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::ExitedWithCode;

class quit_signal_test : public testing::TestWithParam<int> {
protected:
    quit_signal_test() {
        testing::FLAGS_gtest_death_test_style = "threadsafe";
        unsetenv("WEFT_SIGQUIT");
        std::signal(SIGQUIT, SIG_DFL);
    }
    ~quit_signal_test() override {
        unsetenv("WEFT_SIGQUIT");
        std::signal(SIGQUIT, SIG_DFL);
    }
    template <class F>
    void run_here(F body) {
        run(body, {.procs = GetParam()});
    }
    /// What stands on standard error after a run that got the signal while main ran.
    std::string written_in_run() {
        testing::internal::CaptureStderr();
        run_here([] {
            go([] { make_chan<int>().recv(); });
            yield_until_parked(1);
            kill(getpid(), SIGQUIT);
        });
        return testing::internal::GetCapturedStderr();
    }
};

using handler = void (*)(int);

handler disposition() {
    struct sigaction present {};
    sigaction(SIGQUIT, nullptr, &present);
    return present.sa_handler;
}

std::atomic<int> own_calls{0};
void own_handler(int) {
    ++own_calls;
}

TEST_P(quit_signal_test, all_goroutines_are_written_and_the_process_ends_with_status_2) {
    const auto asked = [this] {
        run_here([] {
            go([] { make_chan<int>().recv(); });
            kill(getpid(), SIGQUIT);
            sleep(1h);
        });
    };
    EXPECT_EXIT(
        asked(), ExitedWithCode(2),
        ContainsRegex("^SIGQUIT: quit\n\ngoroutine [0-9]+ \\[(.|\n)*\ngoroutine [0-9]+ \\["));
}

TEST_P(quit_signal_test, a_deadlock_that_follows_does_not_hide_it) {
    const auto asked = [this] {
        run_here([] {
            kill(getpid(), SIGQUIT);
            make_chan<int>().recv();
        });
    };
    for (int i = 0; i < 5; ++i) {
        EXPECT_EXIT(asked(), ExitedWithCode(2), ContainsRegex("^SIGQUIT: quit\n\n"));
    }
}

TEST_P(quit_signal_test, the_process_goes_on_when_it_is_told_to) {
    setenv("WEFT_SIGQUIT", "continue", 1);
    for (int i = 0; i < 3; ++i) {
        const std::string written = written_in_run();
        EXPECT_EQ(written.find("SIGQUIT: quit\n\ngoroutine "), 0U) << written;
        EXPECT_NE(written.find("[chan receive]:\n"), std::string::npos) << written;
    }
}

TEST_P(quit_signal_test, it_answers_while_the_end_of_run_waits_for_who_computes) {
    const auto hangs = [this] {
        run_here([] {
            std::atomic<bool> computing{false};
            go([&computing] {
                computing = true;
                std::thread([] {
                    std::this_thread::sleep_for(50ms);
                    kill(getpid(), SIGQUIT);
                }).detach();
                std::this_thread::sleep_for(1h);
            });
            while (!computing) {
                yield();
            }
        });
    };
    if (GetParam() > 1) {  // with one processor main does not go on while another computes
        EXPECT_EXIT(hangs(), ExitedWithCode(2), ContainsRegex("^SIGQUIT: quit\n\n"));
    }
}

TEST_P(quit_signal_test, the_disposition_is_as_before_once_run_returns) {
    run_here([] { EXPECT_NE(disposition(), SIG_DFL); });
    EXPECT_EQ(disposition(), SIG_DFL);
}

TEST_P(quit_signal_test, who_ignores_the_signal_goes_on_ignoring_it) {
    std::signal(SIGQUIT, SIG_IGN);
    EXPECT_EQ(written_in_run(), "");
    EXPECT_EQ(disposition(), SIG_IGN);
}

TEST_P(quit_signal_test, a_handler_of_the_program_s_own_is_not_displaced) {
    std::signal(SIGQUIT, &own_handler);
    own_calls = 0;
    EXPECT_EQ(written_in_run(), "");
    EXPECT_EQ(own_calls, 1);
    EXPECT_EQ(disposition(), &own_handler);
}

TEST_P(quit_signal_test, a_handler_that_the_program_installs_meanwhile_stays) {
    run_here([] { std::signal(SIGQUIT, &own_handler); });
    EXPECT_EQ(disposition(), &own_handler);
}

TEST_P(quit_signal_test, a_setting_without_sense_is_refused) {
    setenv("WEFT_SIGQUIT", "perhaps", 1);
    EXPECT_THROW(run_here([] {}), std::invalid_argument);
    EXPECT_EQ(disposition(), SIG_DFL);
}

INSTANTIATE_TEST_SUITE_P(procs, quit_signal_test, testing::Values(1, 2, 8),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft::sched
