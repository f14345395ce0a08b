// What the end of `run` waits for, and what it says about that.
#include "sched/at_procs.hpp"

#include <weft/runtime.hpp>

#include <gtest/gtest.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace weft::sched {
namespace {

/// Standard error, read while it is written.
class caught_stderr {
public:
    caught_stderr() : before_(dup(STDERR_FILENO)) {
        EXPECT_EQ(pipe(ends_.data()), 0);
        dup2(ends_[1], STDERR_FILENO);
    }
    ~caught_stderr() {
        close(ends_[0]);
        close(before_);
    }
    caught_stderr(const caught_stderr&) = delete;
    caught_stderr& operator=(const caught_stderr&) = delete;

    /// Blocks until so many lines have come.
    const std::string& read_lines(int count) {
        while (lines_ < count) {
            char next = 0;
            if (read(ends_[0], &next, 1) != 1) {
                break;
            }
            text_ += next;
            lines_ += next == '\n' ? 1 : 0;
        }
        return text_;
    }
    /// Puts things back, and returns all that came.
    std::string end() {
        dup2(before_, STDERR_FILENO);
        close(ends_[1]);
        std::array<char, 256> piece{};
        for (ssize_t size = 1; size > 0;) {
            size = read(ends_[0], piece.data(), piece.size());
            text_.append(piece.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
        }
        return text_;
    }

private:
    std::array<int, 2> ends_{};
    int before_;
    std::string text_;
    int lines_ = 0;
};

bool says(const std::string& text, const std::string& pattern) {
    return testing::Matcher<const std::string&>(testing::ContainsRegex(pattern)).Matches(text);
}

TEST(late_end_test, after_a_while_it_says_once_which_goroutines_run_waits_for) {
    std::atomic<bool> blocking_begun{false};
    std::atomic<bool> computing{false};
    std::atomic<bool> released{false};
    std::array<int, 2> door{};
    ASSERT_EQ(pipe(door.data()), 0);
    caught_stderr caught;
    std::thread witness([&] {  // known to no run, and not waited for by this one
        caught.read_lines(2);
        released = true;
        EXPECT_EQ(write(door[1], "x", 1), 1);
    });
    const int result = run(
        [&] {
            go([&] {
                this_goroutine::name("reader");
                char byte = 0;
                blocking([&] {
                    blocking_begun = true;
                    return read(door[0], &byte, 1);
                });
                yield();
                ADD_FAILURE() << "it was scheduled after the end of the run";
            });
            go([&] {
                computing = true;
                while (!released) {
                }
            });
            yield_until([&] { return blocking_begun.load() && computing.load(); });
            return 7;
        },
        {.procs = 2});
    witness.join();
    const std::string text = caught.end();
    EXPECT_EQ(result, 7);
    EXPECT_TRUE(released);
    const std::string begins = "weft: main returned 5 s ago, but run waits for goroutine [23]";
    const std::string place = ", started at [^ ]*late_end_test.cpp:[0-9]+, which ";
    EXPECT_TRUE(says(text, begins + " \"reader\" \\[syscall\\]" + place + "is inside blocking"))
        << text;
    EXPECT_TRUE(says(text, begins + " \\[running\\]" + place + "computes without yielding"))
        << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
    close(door[0]);
    close(door[1]);
}

TEST(late_end_test, an_end_that_is_not_late_says_nothing) {
    caught_stderr caught;
    std::atomic<bool> blocking_begun{false};
    for (int procs : {1, 2, 8}) {
        run(
            [&] {
                go([&] {
                    blocking([&] {
                        blocking_begun = true;
                        std::this_thread::sleep_for(std::chrono::milliseconds(30));
                    });
                });
                yield_until([&] { return blocking_begun.load(); });
            },
            {.procs = procs});
    }
    EXPECT_EQ(caught.end(), "");
}

}  // namespace
}  // namespace weft::sched
