// gdb, with the runtime's script, on this very program.
#include <weft/chan.hpp>
#include <weft/diagnostics.hpp>
#include <weft/runtime.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace weft {
namespace {

const char* const not_installed = "gdb is not installed: scripts/bootstrap.sh --dev installs it";

[[gnu::noinline]] void wait_for_a_value(const chan<int>& ch) {
    ch.recv();
    asm volatile("" : : "r"(&ch) : "memory");
}

/// What gdb stops in; by itself it is no test.
TEST(gdb_script_test, DISABLED_target) {
    const auto program = [] {
        const auto ch = make_chan<int>();
        mutex held;
        held.lock();
        go([ch] { wait_for_a_value(ch); });
        go([&held] { held.lock(); });
        while (stats().parks < 2) {
            yield();
        }
        // It does not end: where this thread is kept waiting the processor is taken for it.
        go([] {
            while (true) {
                yield();
            }
        });
        raise(SIGTRAP);
    };
    run(program, {.procs = 1});
}

std::string output_of(const std::string& command) {
    std::string output;
    std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    std::array<char, 4096> piece{};
    while (std::fgets(piece.data(), piece.size(), pipe) != nullptr) {
        output += piece.data();
    }
    pclose(pipe);
    return output;
}

/// What gdb answers to commands once the target has stopped.
std::string gdb_says(const std::string& commands) {
    std::array<char, 4096> self{};
    if (readlink("/proc/self/exe", self.data(), self.size() - 1) < 0) {
        return {};
    }
    return output_of(std::string("gdb -nx -batch -iex 'set debuginfod enabled off' "
                                 "-iex 'set auto-load no' -ex run -ex 'source " WEFT_GDB_SCRIPT
                                 "' ") +
                     commands + " -ex kill --args '" + self.data() +
                     "' --gtest_also_run_disabled_tests --gtest_filter='*DISABLED_target'");
}

TEST(gdb_script_test, it_lists_goroutines_and_walks_their_stacks) {
    if (std::system("gdb --version > /dev/null 2>&1") != 0) {
        GTEST_SKIP() << not_installed;
    }
    const std::string text = gdb_says(
        "-ex 'info goroutines' -ex 'echo first:\\n' -ex 'goroutine 2 bt' -ex 'echo main:\\n' "
        "-ex 'goroutine 1 bt' -ex 'echo frame:\\n' -ex 'goroutine 2 info frame' "
        "-ex 'echo none:\\n' -ex 'goroutine 99 bt' -ex 'echo here:\\n' -ex bt");
    if (text.find("SIGTRAP") == std::string::npos) {
        GTEST_SKIP() << "gdb may not run a program here: " << text;
    }
    const auto between = [&text](const std::string& begin, const std::string& end) {
        const std::size_t from = text.find(begin);
        return text.substr(from, text.find(end, from) - from);
    };
    EXPECT_NE(text.find("* 1 [running] started at "), std::string::npos) << text;
    EXPECT_NE(text.find("  2 [chan receive] started at "), std::string::npos) << text;
    EXPECT_NE(text.find("  3 [sync.Mutex.Lock] started at "), std::string::npos) << text;
    // Before the signal it may have been given the processor of a main that was slow.
    EXPECT_TRUE(text.find(" 4 [runnable] started at ") != std::string::npos ||
                text.find(" 4 [running] started at ") != std::string::npos)
        << text;
    const std::string first = between("first:\n", "main:\n");
    EXPECT_NE(first.find("weft::fiber::switch_to"), std::string::npos) << text;
    EXPECT_NE(first.find("wait_for_a_value"), std::string::npos) << text;
    EXPECT_NE(first.find("weft::sched::run_stack"), std::string::npos) << text;
    EXPECT_EQ(first.find("raise"), std::string::npos) << text;
    const std::string main = between("main:\n", "frame:\n");
    EXPECT_NE(main.find("raise"), std::string::npos) << text;
    EXPECT_NE(main.find("weft::sched::run_stack"), std::string::npos) << text;
    EXPECT_NE(between("frame:\n", "none:\n").find("weft::fiber::"), std::string::npos) << text;
    EXPECT_NE(text.find("no goroutine has the id 99"), std::string::npos) << text;
    EXPECT_NE(between("here:\n", "zzz").find("raise"), std::string::npos) << text;
}

}  // namespace
}  // namespace weft
