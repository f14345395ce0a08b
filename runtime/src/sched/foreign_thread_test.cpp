// Plain threads of the program that use the runtime while a run is active.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

class foreign_thread_test : public at_procs {
protected:
    /// The body runs on a plain thread, main waits for its end without keeping a processor.
    template <class F>
    void on_thread(F body) {
        in_run([&body] {
            std::thread thread(body);
            blocking([&thread] { thread.join(); });
        });
    }
};

TEST_P(foreign_thread_test, starts_goroutines) {
    on_thread([] {
        std::atomic<int> ran{0};
        wait_group all;
        for (int i = 0; i < 1000; ++i) {
            all.go([&ran] { ++ran; });
        }
        all.wait();
        EXPECT_EQ(ran, 1000);
        EXPECT_EQ(this_goroutine::id(), 0U);
    });
}

TEST_P(foreign_thread_test, exchanges_values_with_goroutines) {
    for (const std::size_t cap : {0U, 1U, 3U}) {
        on_thread([cap] {
            const auto there = make_chan<int>(cap);
            const auto back = make_chan<int>(cap);
            go([=] {
                for (int v : there) {
                    back.send(v + 1);
                }
                back.close();
            });
            for (int i = 0; i < repeated(500); ++i) {
                there.send(i);
                EXPECT_EQ(back.recv(), i + 1);
            }
            there.close();
            EXPECT_FALSE(back.recv().has_value());
        });
    }
}

TEST_P(foreign_thread_test, selects) {
    on_thread([] {
        const auto a = make_chan<int>();
        const auto b = make_chan<int>();
        const int rounds = repeated(300);
        go([=] {
            for (int i = 0; i < rounds; ++i) {
                (i % 2 == 0 ? a : b).send(i);
            }
            a.close();
        });
        int sum = 0;
        int got = 0;
        for (bool open = true; open;) {
            select(on_recv(a,
                           [&](std::optional<int> v) {
                               open = v.has_value();
                               sum += v.value_or(0);
                               got += open ? 1 : 0;
                           }),
                   on_recv(b, [&](std::optional<int> v) {
                       sum += v.value();
                       ++got;
                   }));
        }
        EXPECT_EQ(got, rounds);
        EXPECT_EQ(sum, rounds * (rounds - 1) / 2);
        EXPECT_EQ(select(on_recv(b), on_timeout(std::chrono::milliseconds(1))), 1U);
    });
}

TEST_P(foreign_thread_test, sleeps_and_yields_as_a_thread) {
    on_thread([] {
        const auto begin = now();
        sleep(std::chrono::milliseconds(2));
        EXPECT_GE(now() - begin, std::chrono::milliseconds(2));
        yield();
        EXPECT_TRUE(after(std::chrono::milliseconds(1)).recv().has_value());
        EXPECT_EQ(blocking([] { return 5; }), 5);
    });
}

TEST_P(foreign_thread_test, shares_mutexes_with_goroutines) {
    in_run([] {
        mutex guard;
        int plain = 0;
        const int rounds = repeated(2000);
        const auto count = [&] {
            for (int i = 0; i < rounds; ++i) {
                guard.lock();
                ++plain;
                guard.unlock();
            }
        };
        std::vector<std::thread> threads;
        wait_group all;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back(count);
            all.go(count);
        }
        all.wait();
        blocking([&] {
            for (std::thread& each : threads) {
                each.join();
            }
        });
        EXPECT_EQ(plain, 6 * rounds);
    });
}

TEST_P(foreign_thread_test, panics_reach_it) {
    on_thread([] {
        const auto ch = make_chan<int>();
        go([ch] {
            yield();
            ch.close();
        });
        EXPECT_THROW(ch.send(1), panic);
        EXPECT_THROW(ch.close(), panic);
    });
}

TEST_P(foreign_thread_test, outside_run_what_would_block_is_refused_and_leaves_the_channel_whole) {
    const auto ch = make_chan<int>(1);
    ch.send(1);
    EXPECT_THROW(ch.send(2), std::logic_error);
    EXPECT_EQ(ch.recv(), 1);
    EXPECT_THROW(ch.recv(), std::logic_error);
    EXPECT_THROW(select(on_recv(ch)), std::logic_error);
    EXPECT_THROW(sleep(std::chrono::milliseconds(1)), std::logic_error);
    EXPECT_THROW(after(std::chrono::milliseconds(1)), std::logic_error);
    in_run([&ch] {
        go([&ch] { ch.send(3); });
        EXPECT_EQ(ch.recv(), 3);
    });
}

// A deadlock ends these tests' process with a report, so that they fail by it.

TEST_P(foreign_thread_test, one_that_blocked_once_holds_the_report_up_while_it_lives) {
    in_run([] {
        const auto there = make_chan<int>();
        const auto back = make_chan<int>();
        std::thread thread([=] {
            there.recv();
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            back.send(2);
        });
        there.send(1);
        EXPECT_EQ(back.recv(), 2);
        blocking([&thread] { thread.join(); });
    });
}

TEST_P(foreign_thread_test, one_that_only_woke_a_goroutine_holds_the_report_up_while_it_lives) {
    in_run([] {
        const auto first = make_chan<int>();
        const auto second = make_chan<int>();
        std::atomic<bool> may_begin{false};
        std::thread thread([&] {
            while (!may_begin) {
                std::this_thread::yield();
            }
            first.send(1);  // to a receiver that waits: the thread does not block
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            second.send(2);
        });
        go([&] {
            yield();
            may_begin = true;
        });
        EXPECT_EQ(first.recv(), 1);
        EXPECT_EQ(second.recv(), 2);
        blocking([&thread] { thread.join(); });
    });
}

TEST_P(foreign_thread_test, one_that_only_started_a_goroutine_holds_the_report_up_while_it_lives) {
    in_run([] {
        const auto first = make_chan<int>(1);
        const auto second = make_chan<int>();
        std::thread thread([=] {
            go([=] { first.send(1); });
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            second.send(2);
        });
        EXPECT_EQ(first.recv(), 1);
        EXPECT_EQ(second.recv(), 2);
        blocking([&thread] { thread.join(); });
    });
}

TEST_P(foreign_thread_test, one_that_has_not_used_the_runtime_yet_holds_the_report_up) {
    in_run([] {
        const auto ch = make_chan<int>();
        std::thread thread([=] {
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            ch.send(1);
        });
        EXPECT_EQ(ch.recv(), 1);
        blocking([&thread] { thread.join(); });
    });
}

TEST_P(foreign_thread_test, none_that_has_ended_or_waits_holds_the_report_up) {
    const auto stuck = [] {
        const auto ch = make_chan<int>();
        std::thread([] {}).join();
        std::thread([=] { ch.recv(); }).detach();
        ch.recv();
    };
    EXPECT_THROW(run(stuck, {.procs = GetParam(), .on_deadlock = on_deadlock::throw_error}),
                 deadlock_error);
}

/// The thread's goroutine is counted out in turns of the only processor, which is busy.
TEST(foreign_start_test, what_comes_from_outside_does_not_wait_behind_a_busy_queue) {
    constexpr int rounds = 30;
    static constexpr int turns_max = 4;
    const auto body = [] {
        std::atomic<int> wanted{0};
        std::atomic<int> given{0};
        std::atomic<int> started{0};
        std::thread outside([&] {
            for (int round = 1; round <= rounds; ++round) {
                while (wanted < round) {
                    std::this_thread::yield();
                }
                go([&started] { ++started; });
                given = round;
            }
        });
        wait_group others;
        for (int i = 0; i < 3; ++i) {
            others.go([&started] {
                while (started < rounds) {
                    yield();
                }
            });
        }
        for (int round = 1; round <= rounds; ++round) {
            wanted = round;
            while (given < round) {  // the processor is not given up meanwhile
            }
            int turns = 0;
            for (; started < round; ++turns) {
                yield();
            }
            EXPECT_LE(turns, turns_max) << "round " << round;
        }
        others.wait();
        blocking([&outside] { outside.join(); });
    };
    run(body, {.procs = 1});
}

INSTANTIATE_TEST_SUITE_P(procs, foreign_thread_test, processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft::sched
