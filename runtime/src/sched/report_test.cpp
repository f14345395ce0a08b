// The last words of a process: deadlocks, panics, what Go calls fatal. Each in a child process.
#include "sched/report.hpp"

#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/runtime.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <cstdio>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace weft::sched {
namespace {

using testing::Eq;
using testing::ExitedWithCode;

const std::string deadlock_line = "fatal error: all goroutines are asleep - deadlock!\n";

std::string place(const source_location& at) {
    return std::string("started in ") + at.function_name() + "\n\t" + at.file_name() + ":" +
           std::to_string(at.line()) + "\n";
}

/// A report without its backtraces, and how many calls they had.
struct stripped_report {
    explicit stripped_report(const std::string& report) {
        std::size_t begin_of_last = 0;
        std::istringstream lines(report);
        for (std::string line; std::getline(lines, line);) {
            if (line.find('\t') == 0 && line.find("+0x") != std::string::npos) {
                text.resize(begin_of_last);
                ++calls;
            } else {
                begin_of_last = text.size();
                text += line + "\n";
            }
        }
    }
    std::string text;
    int calls = 0;
};

class report_test : public testing::TestWithParam<int> {
protected:
    report_test() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }

    template <class F>
    void run_here(F body) {
        run(body, {.procs = GetParam()}, here);
    }
    /// What `run` throws when `body` ends in a deadlock.
    template <class F>
    std::string deadlock_of(F body) {
        try {
            run(body, {.procs = GetParam(), .on_deadlock = on_deadlock::throw_error}, here);
        } catch (const deadlock_error& e) {
            return stripped_report(e.what()).text;
        }
        return "no deadlock";
    }
    std::string main_waits(const std::string& state) const {
        return deadlock_line + "\ngoroutine 1 [" + state + "]:\n" + place(here);
    }

    /// The place that starts every goroutine of these tests.
    const source_location here = source_location::current();
};

TEST_P(report_test, a_deadlock_ends_the_process_with_status_2) {
    EXPECT_EXIT(run_here([] {
                    std::printf("flushed");
                    make_chan<int>().recv();
                }),
                ExitedWithCode(2),
                testing::ContainsRegex("^fatal error: all goroutines are asleep - deadlock!\n\n"
                                       "goroutine 1 \\[chan receive\\]:\n"));
}

#if defined(__x86_64__)
TEST_P(report_test, a_deadlock_shows_where_everybody_waits) {
    std::string report;
    try {
        run(
            [] {
                go([] { wait_group().wait(), select(); });
                make_chan<int>().recv();
            },
            {.procs = GetParam(), .on_deadlock = on_deadlock::throw_error});
    } catch (const deadlock_error& e) {
        report = e.what();
    }
    EXPECT_GE(stripped_report(report).calls, 6) << report;
    EXPECT_EQ(report.find("..."), std::string::npos) << report;
}
#endif

TEST_P(report_test, a_deadlock_of_goroutines_locked_to_threads_is_seen_and_says_so) {
    const auto all_locked = [] {
        const auto never = make_chan<int>();
        for (int i = 0; i < 3; ++i) {
            go([never] {
                lock_os_thread();
                never.recv();
            });
        }
        lock_os_thread();
        never.recv();
    };
    EXPECT_PRED_FORMAT2(testing::IsSubstring, main_waits("chan receive, locked to thread"),
                        deadlock_of(all_locked));
}

TEST_P(report_test, a_deadlock_is_seen_with_more_and_fewer_processors_than_before) {
    for (const int after : {1, 5}) {
        EXPECT_EQ(deadlock_of([after] {
                      set_procs(after);
                      make_chan<int>().recv();
                  }),
                  main_waits("chan receive"));
    }
}

TEST_P(report_test, every_way_to_wait_for_ever_has_go_s_word) {
    EXPECT_EQ(deadlock_of([] { make_chan<int>().recv(); }), main_waits("chan receive"));
    EXPECT_EQ(deadlock_of([] { make_chan<int>().send(1); }), main_waits("chan send"));
    EXPECT_EQ(deadlock_of([] { chan<int>().recv(); }), main_waits("chan receive (nil chan)"));
    EXPECT_EQ(deadlock_of([] { chan<int>().send(1); }), main_waits("chan send (nil chan)"));
    EXPECT_EQ(deadlock_of([] { select(); }), main_waits("select (no cases)"));
    EXPECT_EQ(deadlock_of([] { select(on_recv(chan<int>())); }), main_waits("select (no cases)"));
    EXPECT_EQ(deadlock_of([] { select(on_recv(make_chan<int>())); }), main_waits("select"));
    EXPECT_EQ(deadlock_of([] { select_list().select(); }), main_waits("select (no cases)"));
    EXPECT_EQ(deadlock_of([] {
                  wait_group never;
                  never.add(1);
                  never.wait();
              }),
              main_waits("sync.WaitGroup.Wait"));
    EXPECT_EQ(deadlock_of([] {
                  mutex twice;
                  twice.lock();
                  twice.lock();
              }),
              main_waits("sync.Mutex.Lock"));
    EXPECT_EQ(deadlock_of([] {
                  shared_mutex held;
                  held.lock_shared();
                  held.lock();
              }),
              main_waits("sync.RWMutex.Lock"));
    EXPECT_EQ(deadlock_of([] {
                  shared_mutex held;
                  held.lock();
                  held.lock_shared();
              }),
              main_waits("sync.RWMutex.RLock"));
    EXPECT_EQ(deadlock_of([] {
                  mutex guard;
                  condition_variable never;
                  guard.lock();
                  never.wait(guard);
              }),
              main_waits("sync.Cond.Wait"));
    EXPECT_EQ(deadlock_of([] { semaphore(0).acquire(); }), main_waits("semacquire"));
    EXPECT_EQ(deadlock_of([] {
                  semaphore taken(1);
                  taken.acquire();
                  taken.acquire();
              }),
              main_waits("semacquire"));
    EXPECT_EQ(deadlock_of([] {
                  semaphore taken(1);
                  const auto endless = with_cancel(background());
                  taken.acquire();
                  static_cast<void>(taken.acquire(endless.ctx));
              }),
              main_waits("semacquire"));
    EXPECT_EQ(deadlock_of([] {
                  once first;
                  first.call([&first] { first.call([] {}); });
              }),
              main_waits("sync.Mutex.Lock"));
}

TEST_P(report_test, every_goroutine_is_listed_with_the_place_that_started_it) {
    const std::string report = deadlock_of([this] {
        const auto ch = make_chan<int>();
        go([ch] { ch.send(1); }, here);
        go([ch] { select(on_send(ch, 1)); }, here);
        select();
    });
    EXPECT_EQ(report.find(main_waits("select (no cases)")), 0U) << report;
    for (const std::string state : {"chan send", "select"}) {
        EXPECT_NE(report.find(" [" + state + "]:\n" + place(here)), std::string::npos) << report;
    }
}

TEST_P(report_test, a_goroutine_is_shown_with_its_name) {
    const std::string report = deadlock_of([this] {
        this_goroutine::name("first");
        const auto ch = make_chan<int>();
        go([] { this_goroutine::name("gone"); });
        go(
            [ch] {
                this_goroutine::name("wrong");
                this_goroutine::name("worker");
                ch.send(1);
            },
            here);
        select();
    });
    EXPECT_EQ(report.find(deadlock_line + "\ngoroutine 1 \"first\" [select (no cases)]:\n"), 0U)
        << report;
    EXPECT_NE(report.find(" \"worker\" [chan send]:\n" + place(here)), std::string::npos) << report;
    EXPECT_EQ(report.find("gone"), std::string::npos) << report;
}

TEST_P(report_test, after_a_deadlock_that_was_thrown_run_works) {
    EXPECT_NE(deadlock_of([] { select(); }), "no deadlock");
    EXPECT_EQ(run([] { return 4; }, {.procs = GetParam()}), 4);
}

TEST_P(report_test, what_may_still_happen_is_no_deadlock) {
    EXPECT_EQ(deadlock_of([] {
                  const auto ch = make_chan<int>();
                  go([ch] {
                      sleep(std::chrono::milliseconds(5));
                      ch.send(1);
                  });
                  ch.recv();
                  select(on_recv(ch), on_timeout(std::chrono::milliseconds(5)));
                  after(std::chrono::milliseconds(5)).recv();
              }),
              "no deadlock");
}

TEST_P(report_test, when_the_last_plain_thread_that_took_part_ends_or_waits_it_is_a_deadlock) {
    EXPECT_EQ(deadlock_of([] {
                  const auto ch = make_chan<int>();
                  std::thread([ch] { ch.send(1); }).detach();
                  ch.recv();
                  ch.recv();
              }),
              main_waits("chan receive"));
    EXPECT_EQ(deadlock_of([] {
                  const auto ch = make_chan<int>();
                  std::thread([ch] {
                      ch.send(1);
                      make_chan<int>().recv();
                  }).detach();
                  ch.recv();
                  ch.recv();
              }),
              main_waits("chan receive"));
}

TEST_P(report_test, a_timer_that_nobody_receives_from_is_a_deadlock) {
    EXPECT_EQ(deadlock_of([] {
                  const auto unheard = after(std::chrono::hours(1));
                  const weft::timer armed(std::chrono::hours(1));
                  const weft::timer fired(std::chrono::seconds(0));
                  const ticker ticking(std::chrono::milliseconds(1));
                  make_chan<int>().recv();
              }),
              main_waits("chan receive"));
}

struct own_error : std::runtime_error {
    using runtime_error::runtime_error;
};

TEST_P(report_test, an_exception_out_of_a_goroutine_ends_the_process_in_go_s_shape) {
    const auto from_goroutine = [this](auto body) {
        run_here([&] {
            go(body, here);
            select();
        });
    };
    // Ids come in batches for each processor: the first goroutine that main starts is number 2.
    const std::string tail = "\n\ngoroutine 2 [running]:\n" + place(here);
    EXPECT_EXIT(from_goroutine([] { throw panic("send on closed channel"); }), ExitedWithCode(2),
                Eq("panic: send on closed channel" + tail));
    EXPECT_EXIT(from_goroutine([] { throw own_error("mine"); }), ExitedWithCode(2),
                Eq("panic: weft::sched::(anonymous namespace)::own_error: mine" + tail));
    EXPECT_EXIT(from_goroutine([] { throw 5; }), ExitedWithCode(2), Eq("panic: int" + tail));
}

TEST_P(report_test, a_panic_in_a_wait_group_s_goroutine_ends_the_process) {
    EXPECT_EXIT(run_here([] {
                    wait_group all;
                    all.go([] { make_chan<int>(1).close(), chan<int>().close(); });
                    all.wait();
                }),
                ExitedWithCode(2), testing::ContainsRegex("^panic: close of nil channel\n\n"));
}

TEST_P(report_test, unlocking_what_is_not_locked_is_fatal_and_cannot_be_caught) {
    const auto expect_fatal = [this](const std::string& text, auto misuse) {
        EXPECT_EXIT(run_here([&misuse] {
                        try {
                            misuse();
                        } catch (...) {
                            std::printf("caught");
                        }
                    }),
                    ExitedWithCode(2),
                    Eq("fatal error: " + text + "\n\ngoroutine 1 [running]:\n" + place(here)));
    };
    expect_fatal("sync: unlock of unlocked mutex", [] { mutex().unlock(); });
    expect_fatal("sync: unlock of unlocked mutex", [] {
        mutex used;
        used.lock();
        used.unlock();
        used.unlock();
    });
    expect_fatal("sync: Unlock of unlocked RWMutex", [] { shared_mutex().unlock(); });
    expect_fatal("sync: Unlock of unlocked RWMutex", [] {
        shared_mutex read;
        read.lock_shared();
        read.unlock();
    });
    expect_fatal("sync: Unlock of unlocked RWMutex", [] {
        shared_mutex used;
        used.lock();
        used.unlock();
        used.unlock();
    });
    expect_fatal("sync: RUnlock of unlocked RWMutex", [] { shared_mutex().unlock_shared(); });
    expect_fatal("sync: RUnlock of unlocked RWMutex", [] {
        shared_mutex written;
        written.lock();
        written.unlock_shared();
    });
    expect_fatal("sync: RUnlock of unlocked RWMutex", [] {
        shared_mutex used;
        used.lock_shared();
        used.unlock_shared();
        used.unlock_shared();
    });
}

INSTANTIATE_TEST_SUITE_P(procs, report_test, testing::Values(1, 2, 8),
                         testing::PrintToStringParamName());

TEST(report_word_test, reasons_have_go_s_words) {
    using detail::wait_reason;
    EXPECT_EQ(word_of(wait_reason::sleep), "sleep");
    EXPECT_EQ(word_of(wait_reason::io_wait), "IO wait");
    EXPECT_EQ(word_of(wait_reason::semacquire), "semacquire");
}

}  // namespace
}  // namespace weft::sched
