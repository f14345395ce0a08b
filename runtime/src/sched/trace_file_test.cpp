// Where a trace is written to, how it ends when the process does, and what is no file.
#include "sched/at_procs.hpp"
#include "sched/scratch_path.hpp"
#include "sched/trace_packet.hpp"
#include "sched/trace_reader.hpp"
#include "sched/trace_ring.hpp"

#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/runtime.hpp>

#include <gtest/gtest.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

namespace weft::sched {
namespace {

using testing::ContainsRegex;
using testing::ExitedWithCode;
using kind = trace_event_read::kind;

constexpr int rounds = 700;  // more than a buffer holds

void play_ping_pong() {
    const auto there = make_chan<int>();
    const auto back = make_chan<int>();
    go([=] {
        for (int i = 0; i < rounds; ++i) {
            back.send(*there.recv());
        }
    });
    for (int i = 0; i < rounds; ++i) {
        there.send(i);
        back.recv();
    }
}

std::size_t count_slices(const trace_reader& trace) {
    std::size_t count = 0;
    for (const auto& [name, events] : trace.tracks) {
        for (const trace_event_read& event : events) {
            count += event.what == kind::begin ? 1 : 0;
        }
    }
    return count;
}

int overflow(int depth) {
    volatile char frame[1024];
    frame[0] = static_cast<char>(depth);
    return depth < 0 ? frame[0] : overflow(depth + 1) + frame[0];
}

class trace_file_test : public testing::TestWithParam<int> {
protected:
    trace_file_test() {
        testing::FLAGS_gtest_death_test_style = "threadsafe";
        unsetenv("WEFT_TRACE");
    }
    ~trace_file_test() override {
        unsetenv("WEFT_TRACE");
        std::remove(path.c_str());
    }
    options settings() const { return {.procs = GetParam(), .trace = path}; }
    template <class F>
    void run_traced(F body) const {
        run(body, settings());
    }
    /// All that happened before the end is there, and the file ends with a whole packet.
    void expect_complete() const {
        const std::size_t slices = count_slices(trace_reader(path));
        EXPECT_GE(slices, std::size_t{rounds});
        EXPECT_LE(slices, std::size_t{4 * rounds + 10}) << "of more than one run";
    }

    const std::string path = scratch_path();
};

TEST_P(trace_file_test, it_is_complete_when_run_returns) {
    for (int i = 0; i < 3; ++i) {  // each run's is written anew
        run_traced(&play_ping_pong);
        expect_complete();
    }
}

TEST_P(trace_file_test, it_is_complete_when_main_throws_or_nothing_can_go_on) {
    EXPECT_THROW(run_traced([] {
                     play_ping_pong();
                     throw std::runtime_error("mine");
                 }),
                 std::runtime_error);
    expect_complete();
    options throwing = settings();
    throwing.on_deadlock = on_deadlock::throw_error;
    EXPECT_THROW(run(
                     [] {
                         play_ping_pong();
                         make_chan<int>().recv();
                     },
                     throwing),
                 deadlock_error);
    expect_complete();
}

TEST_P(trace_file_test, it_is_complete_when_main_ends_the_process) {
    EXPECT_EXIT(run_and_exit(
                    [] {
                        play_ping_pong();
                        return 7;
                    },
                    settings()),
                ExitedWithCode(7), testing::Eq(""));
    expect_complete();
}

TEST_P(trace_file_test, it_is_complete_when_a_report_ends_the_process) {
    EXPECT_EXIT(run_traced([] {
                    play_ping_pong();
                    make_chan<int>().recv();
                }),
                ExitedWithCode(2), ContainsRegex("^fatal error: all goroutines are asleep"));
    expect_complete();
    EXPECT_EXIT(run_traced([] {
                    play_ping_pong();
                    go([] { throw panic("hello"); });
                    make_chan<int>().recv();
                }),
                ExitedWithCode(2), ContainsRegex("^panic: hello"));
    expect_complete();
    EXPECT_EXIT(run_traced([] {
                    play_ping_pong();
                    kill(getpid(), SIGQUIT);
                    make_chan<int>().recv();
                }),
                ExitedWithCode(2), ContainsRegex(""));
    expect_complete();
}

TEST_P(trace_file_test, it_is_complete_when_a_stack_overflows) {
    if (fiber::sanitized) {
        GTEST_SKIP() << "the sanitizers bring a handler of their own";
    }
    EXPECT_EXIT(run_traced([] {
                    play_ping_pong();
                    std::exit(overflow(0));
                }),
                ExitedWithCode(2), ContainsRegex("^fatal error: stack overflow"));
    expect_complete();
}

TEST_P(trace_file_test, what_a_killed_process_leaves_can_be_read) {
    EXPECT_EXIT(run_traced([] {
                    play_ping_pong();
                    kill(getpid(), SIGKILL);
                }),
                testing::KilledBySignal(SIGKILL), testing::Eq(""));
    const trace_reader trace(path, true);
    EXPECT_GE(count_slices(trace), rounds / 10U);
}

TEST_P(trace_file_test, the_environment_names_the_file_unless_the_program_does) {
    setenv("WEFT_TRACE", path.c_str(), 1);
    run(&play_ping_pong, {.procs = GetParam()});
    expect_complete();
    setenv("WEFT_TRACE", "/nowhere/at/all", 1);
    run_traced(&play_ping_pong);
    expect_complete();
    EXPECT_THROW(run([] {}), std::system_error);
}

TEST_P(trace_file_test, a_path_that_cannot_be_written_is_refused_before_main_runs) {
    bool began = false;
    for (const char* wrong : {"/nowhere/at/all", "/"}) {
        try {
            run([&] { began = true; }, {.procs = GetParam(), .trace = wrong});
            ADD_FAILURE() << "not refused: " << wrong;
        } catch (const std::system_error& e) {
            const std::string what = e.what();
            EXPECT_EQ(what.find("weft: the trace " + std::string(wrong) + " cannot be written: "),
                      0U)
                << what;
            EXPECT_TRUE(e.code() == std::errc::no_such_file_or_directory ||
                        e.code() == std::errc::is_a_directory);
        }
    }
    EXPECT_FALSE(began);
    EXPECT_EQ(run([] { return 3; }), 3);
}

TEST_P(trace_file_test, a_full_disk_ends_the_trace_and_not_the_run) {
    testing::internal::CaptureStderr();
    const int result = run(
        [] {
            play_ping_pong();
            return 7;
        },
        {.procs = GetParam(), .trace = "/dev/full"});
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "weft: the trace /dev/full is not complete: No space left on device\n");
    EXPECT_EQ(result, 7);
}

TEST_P(trace_file_test, a_full_disk_is_told_of_when_the_process_ends_too) {
    EXPECT_EXIT(run_and_exit(
                    [] {
                        play_ping_pong();
                        return 7;
                    },
                    {.procs = GetParam(), .trace = "/dev/full"}),
                ExitedWithCode(7),
                testing::Eq("weft: the trace /dev/full is not complete: No space left on "
                            "device\n"));
}

TEST_P(trace_file_test, a_pipe_that_nobody_reads_any_more_does_not_end_the_process) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    testing::internal::CaptureStderr();
    const int result = run(
        [&] {
            close(ends[0]);
            play_ping_pong();
            return 7;
        },
        {.procs = GetParam(), .trace = "/dev/fd/" + std::to_string(ends[1])});
    close(ends[1]);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find(" is not complete: Broken pipe\n"), std::string::npos) << said;
    EXPECT_EQ(result, 7);
}

INSTANTIATE_TEST_SUITE_P(procs, trace_file_test, testing::Values(1, 2, 8),
                         testing::PrintToStringParamName());

TEST(trace_packet_test, texts_are_whole_characters) {
    const auto clean = [](std::string_view text, std::size_t size_max) {
        std::array<char, 64> room{};
        return std::string(clean_text(text, room.data(), size_max));
    };
    const std::string no_character = "\xEF\xBF\xBD";
    EXPECT_EQ(clean("", 10), "");
    EXPECT_EQ(clean("abc", 2), "ab");
    EXPECT_EQ(clean("\xE2\x82\xAC\xF0\x9F\x98\x80", 7), "\xE2\x82\xAC\xF0\x9F\x98\x80");
    EXPECT_EQ(clean("\xE2\x82\xAC\xF0\x9F\x98\x80", 6), "\xE2\x82\xAC");
    EXPECT_EQ(clean("a\xFFz", 10), "a" + no_character + "z");
    EXPECT_EQ(clean("\xE2\x82", 10), no_character + no_character);  // cut off
    EXPECT_EQ(clean("\xC0\xAF", 10), no_character + no_character);  // overlong
    EXPECT_EQ(clean("\xF4\x90\x80\x80", 3), no_character);          // beyond the last
    EXPECT_EQ(clean(std::string_view("\0x", 2), 10), std::string("\0x", 2));
}

TEST(trace_ring_test, what_is_pushed_comes_out_whole_and_in_order) {
    trace_ring ring;
    std::string pushed;
    std::string taken;
    for (std::size_t i = 0; taken.size() < 5 * trace_ring::capacity; ++i) {
        const std::string packet(1 + i * 37 % 500, static_cast<char>('a' + i % 26));
        if (ring.push(packet)) {
            pushed += packet;
            continue;
        }
        const auto parts = ring.pushed();
        EXPECT_GT(parts[0].size() + parts[1].size(), trace_ring::capacity - 500);
        taken += std::string(parts[0]) + std::string(parts[1]);
        ring.consume(parts[0].size() + parts[1].size());
        EXPECT_EQ(ring.pushed()[0].size(), 0U);
        ASSERT_EQ(taken, pushed);
    }
}

}  // namespace
}  // namespace weft::sched
