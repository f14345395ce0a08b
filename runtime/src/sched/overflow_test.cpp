// A goroutine that needs more stack than it has, under each kind of guard. Each in a child process.
#include "fiber/stack_pool.hpp"
#include "platform/memory.hpp"
#include "platform/thread.hpp"
#include "sched/processor.hpp"

#include <weft/diagnostics.hpp>
#include <weft/runtime.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

namespace weft::sched {
namespace {

using testing::ExitedWithCode;

/// Recurses deeper than any stack here, and cannot be made a loop.
[[gnu::noinline]] int recurse(volatile char* above, int levels = 1 << 30) {
    volatile char frame[512];
    frame[0] = above == nullptr ? '\0' : above[0];
    return levels == 0 ? 0 : recurse(frame, levels - 1) + frame[0];
}

class overflow_test : public testing::TestWithParam<const char*> {
protected:
    overflow_test() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }

    /// In the child process: main, or another goroutine, runs `overflow`. That one runs on another
    /// thread than main when there is more than one processor: main blocks its own.
    template <class F>
    static void overflow_in_run(bool in_main, int count, F overflow) {
        setenv("WEFT_GUARD", GetParam(), 1);
        run(
            [&] {
                if (in_main) {
                    overflow();
                }
                std::atomic<bool> over{false};
                go([&] {
                    overflow();
                    over = true;
                    over.notify_one();
                });
                if (count == 1) {
                    yield();
                } else {
                    blocking([&over] { over.wait(false); });
                }
            },
            {.procs = count});
    }
    static std::string report(int id) {
        return "^fatal error: stack overflow\n\ngoroutine " + std::to_string(id) +
               " \\[running\\]:\nstarted in [^\n]+\n\t[^\n]+:[0-9]+\n\n"
               "Raise options::stack_size or WEFT_STACK_SIZE if the recursion is meant to be that "
               "deep.\n$";
    }
};

class guarded_overflow_test : public overflow_test {};

TEST_P(guarded_overflow_test, is_reported_in_main) {
    EXPECT_EXIT(overflow_in_run(true, 1, [] { recurse(nullptr); }), ExitedWithCode(2),
                testing::ContainsRegex(report(1)));
}

TEST_P(guarded_overflow_test, is_reported_in_a_goroutine_on_any_thread) {
    for (const int count : {1, 3}) {
        EXPECT_EXIT(overflow_in_run(false, count, [] { recurse(nullptr); }), ExitedWithCode(2),
                    testing::ContainsRegex(report(2)));
    }
}

/// A fault somewhere else goes where it would have gone without the runtime.
TEST_P(guarded_overflow_test, another_fault_is_none) {
    EXPECT_EXIT(
        {
            std::signal(SIGSEGV, [](int) { _exit(7); });
            overflow_in_run(false, 2, [] {
                char* nowhere = platform::reserve(platform::page_size);
                platform::guard_by_mprotect(nowhere, platform::page_size);
                *static_cast<volatile char*>(nowhere) = 1;
            });
        },
        ExitedWithCode(7), "");
}

INSTANTIATE_TEST_SUITE_P(guard, guarded_overflow_test, testing::Values("", "mprotect"),
                         [](const auto& kind) {
                             return std::string(*kind.param == '\0' ? "best" : kind.param);
                         });

class unguarded_overflow_test : public overflow_test {};

TEST_P(unguarded_overflow_test, is_reported_when_the_goroutine_ends) {
    // The canary's place, and not the memory below it, which is another stack's.
    EXPECT_EXIT(overflow_in_run(false, 2,
                                [] { std::memset(current_machine()->current->stack->low, 0, 8); }),
                ExitedWithCode(2), testing::ContainsRegex(report(2)));
}

INSTANTIATE_TEST_SUITE_P(guard, unguarded_overflow_test, testing::Values("canary"));

TEST(guard_kind_test, programs_run_under_every_kind_and_stats_say_which) {
    struct row {
        const char* variable;
        guard_kind kind;
    };
    for (const auto& [variable, kind] :
         {row{"mprotect", guard_kind::mprotect}, row{"canary", guard_kind::canary},
          row{"none", guard_kind::none}}) {
        setenv("WEFT_GUARD", variable, 1);
        run([kind] {
            EXPECT_EQ(stats().guards, kind);
            wait_group all;
            for (int i = 0; i < 500; ++i) {
                all.go([] { yield(); });
            }
            all.wait();
        });
    }
    unsetenv("WEFT_GUARD");
}

}  // namespace
}  // namespace weft::sched
