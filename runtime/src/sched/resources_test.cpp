// What the system refuses: memory, descriptors, threads. Each in a child process, with its limits.
#include "fiber/sanitizer.hpp"
#include "platform/thread.hpp"

#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/runtime.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

namespace weft::sched {
namespace {

/// Address space that the process has now, in bytes.
std::size_t address_space() {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    file >> pages;
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// Lets the process have so many bytes more than it has now.
void limit_address_space(std::size_t more) {
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = address_space() + more;
    setrlimit(RLIMIT_AS, &limit);
}

void lift_address_space() {
    rlimit limit{};
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_AS, &limit);
}

/// Ends the child process: with 0 when `claim` holds.
[[noreturn]] void conclude(bool claim) {
    std::fflush(nullptr);
    _exit(claim ? 0 : 1);
}

class resources_test : public testing::Test {
protected:
    void SetUp() override {
        testing::FLAGS_gtest_death_test_style = "threadsafe";
        if (fiber::sanitized) {
            GTEST_SKIP() << "the sanitizers need the address space that is limited here";
        }
    }
};

bool go_is_refused_in_the_end() {
    return run(
               [] {
                   std::size_t started = 0;
                   wait_group all;
                   // So little that it is gone before the processor is taken from who starts them:
                   // those that ran meanwhile would give theirs back.
                   limit_address_space(4 << 20);
                   bool refused = false;
                   try {
                       while (true) {
                           all.go([] {});
                           ++started;
                       }
                   } catch (const resource_error&) {
                       refused = true;
                   }
                   lift_address_space();
                   all.wait();
                   return refused && started > 0 ? 1 : 0;
               },
               {.procs = 1}) == 1;
}

TEST_F(resources_test, go_throws_when_memory_is_refused_and_what_was_started_runs) {
    EXPECT_EXIT(conclude(go_is_refused_in_the_end()), testing::ExitedWithCode(0), "");
}

TEST_F(resources_test, no_stack_for_a_goroutine_that_was_started_is_fatal) {
    EXPECT_EXIT(run(
                    [] {
                        limit_address_space(16 << 20);
                        const auto never = make_chan<unit>();
                        for (int i = 0; i < 1000; ++i) {
                            go([never] { never.recv(); });
                        }
                        never.recv();
                    },
                    {.procs = 1}),
                testing::ExitedWithCode(2),
                testing::ContainsRegex("^fatal error: out of memory: no stack for goroutine"));
}

bool run_is_refused_and_works_later(const std::function<void()>& limit,
                                    const std::function<void()>& lift) {
    limit();
    bool refused = false;
    try {
        run([] {}, {.procs = 2});
    } catch (const resource_error&) {
        refused = true;
    }
    lift();
    return refused && num_goroutine() == 0 && run([] { return 5; }, {.procs = 2}) == 5;
}

TEST_F(resources_test, run_throws_when_it_gets_no_thread_and_works_later) {
    // Too little for a thread's stack, enough for the rest.
    EXPECT_EXIT(conclude(run_is_refused_and_works_later([] { limit_address_space(2 << 20); },
                                                        &lift_address_space)),
                testing::ExitedWithCode(0), "");
}

bool one_thread_does_all_the_work() {
    return run(
               [] {
                   limit_address_space(2 << 20);
                   wait_group all;
                   int done = 0;
                   for (int i = 0; i < 300; ++i) {
                       all.go([&done] {
                           yield();
                           ++done;
                       });
                   }
                   all.wait();
                   return done;
               },
               {.procs = 2}) == 300;
}

TEST_F(resources_test, when_no_other_thread_is_to_be_had_one_does_all_the_work) {
    EXPECT_EXIT(conclude(one_thread_does_all_the_work()), testing::ExitedWithCode(0), "");
}

void limit_descriptors(rlim_t count) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = count;
    setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_F(resources_test, run_throws_when_it_gets_no_descriptors_and_works_later) {
    for (const rlim_t left : {0, 1}) {
        EXPECT_EXIT(
            {
                const int lowest_free = dup(0);
                close(lowest_free);
                conclude(run_is_refused_and_works_later(
                    [&] { limit_descriptors(static_cast<rlim_t>(lowest_free) + left); },
                    [] { limit_descriptors(256); }));
            },
            testing::ExitedWithCode(0), "");
    }
}

bool a_thread_names_itself_without_descriptors() {
    const int lowest_free = dup(0);
    close(lowest_free);
    limit_descriptors(static_cast<rlim_t>(lowest_free));
    std::array<char, 16> name{};
    platform::thread named;
    const auto ask = [](void* into) {
        pthread_getname_np(pthread_self(), static_cast<char*>(into), 16);
    };
    if (named.start("weft-named", ask, name.data()) != 0) {
        return false;
    }
    named.join();
    return std::string(name.data()) == "weft-named";
}

TEST_F(resources_test, a_thread_bears_its_name_though_descriptors_have_run_out) {
    EXPECT_EXIT(conclude(a_thread_names_itself_without_descriptors()), testing::ExitedWithCode(0),
                "");
}

bool descriptors_are_not_leaked() {
    run([] {});
    const int before = dup(0);
    close(before);
    for (int i = 0; i < 50; ++i) {
        run([] {}, {.procs = 2});
    }
    const int after = dup(0);
    close(after);
    return before == after;
}

TEST(resources_leak_test, runs_leave_no_descriptors_behind) {
    EXPECT_TRUE(descriptors_are_not_leaked());
}

bool work_is_done_without_more_threads() {
    // As many as there must be: a hand-off finds no thread, and the work waits until it is over.
    return run(
               [] {
                   wait_group all;
                   int done = 0;
                   mutex guard;
                   for (int i = 0; i < 20; ++i) {
                       all.go([&] {
                           blocking([] { usleep(100); });
                           guard.lock();
                           ++done;
                           guard.unlock();
                       });
                   }
                   all.wait();
                   return done;
               },
               {.procs = 2, .max_threads = 4}) == 20;
}

TEST(resources_leak_test, at_the_limit_of_threads_a_hand_off_is_done_without) {
    EXPECT_TRUE(work_is_done_without_more_threads());
}

}  // namespace
}  // namespace weft::sched
