// Goroutines that stay on one thread.
#include "sched/at_procs.hpp"

#include "platform/system.hpp"
#include "platform/thread.hpp"

#include <weft/chan.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

using namespace std::chrono_literals;

class locked_thread_test : public at_procs {};

TEST_P(locked_thread_test, every_kind_of_wait_ends_on_the_same_thread) {
    in_run([] {
        wait_group all;
        const auto values = make_chan<int>();
        mutex m;
        for (int i = 0; i < 4; ++i) {
            all.go([&, i] {
                lock_os_thread();
                const int mine = platform::thread_id();
                const auto same = [mine] { return platform::thread_id() == mine; };
                for (int n = 0; n < repeated(50); ++n) {
                    yield();
                    ASSERT_TRUE(same());
                    if (i % 2 == 0) {
                        values.send(n);
                    } else {
                        ASSERT_EQ(values.recv().has_value(), true);
                    }
                    ASSERT_TRUE(same());
                    sleep(1us);
                    ASSERT_TRUE(same());
                    blocking([] { platform::yield_thread(); });
                    ASSERT_TRUE(same());
                    select(on_timeout(1us));
                    ASSERT_TRUE(same());
                    const std::lock_guard hold(m);
                    yield();
                    ASSERT_TRUE(same());
                }
                unlock_os_thread();
            });
        }
        all.wait();
    });
}

TEST_P(locked_thread_test, nobody_else_runs_on_that_thread) {
    in_run([] {
        std::atomic<int> locked{0};
        std::atomic<bool> over{false};
        std::atomic<int> trespassers{0};
        wait_group all;
        all.go([&] {
            lock_os_thread();
            locked = platform::thread_id();
            for (int n = 0; n < repeated(100); ++n) {
                yield();
                sleep(1us);
            }
            over = true;
        });
        for (int i = 0; i < 8; ++i) {
            all.go([&] {
                while (!over) {
                    trespassers += platform::thread_id() == locked ? 1 : 0;
                    yield();
                }
            });
        }
        all.wait();
        EXPECT_EQ(trespassers, 0);
    });
}

TEST_P(locked_thread_test, it_nests) {
    in_run([] {
        unlock_os_thread();  // one too many is none
        lock_os_thread();
        lock_os_thread();
        unlock_os_thread();
        const int mine = platform::thread_id();
        std::atomic<int> others{0};
        wait_group all;
        for (int i = 0; i < 4; ++i) {
            all.go([&] {
                yield();
                others += platform::thread_id() == mine ? 1 : 0;
            });
        }
        all.wait();
        EXPECT_EQ(others, 0);
        EXPECT_EQ(platform::thread_id(), mine);
        unlock_os_thread();
        unlock_os_thread();
        yield();
    });
}

TEST_P(locked_thread_test, what_it_starts_is_not_locked) {
    in_run([] {
        lock_os_thread();
        const int mine = platform::thread_id();
        const auto ids = make_chan<int>();
        go([ids] {
            go([ids] { ids.send(platform::thread_id()); });
            ids.send(platform::thread_id());
        });
        EXPECT_NE(ids.recv(), mine);
        EXPECT_NE(ids.recv(), mine);
        unlock_os_thread();
    });
}

TEST_P(locked_thread_test, who_ends_locked_ends_the_thread) {
    in_run([] {
        std::set<int> ended;
        for (int n = 0; n < 5; ++n) {
            int thread = 0;
            wait_group done;
            done.go([&] {
                lock_os_thread();
                thread = platform::thread_id();
                yield();
            });
            done.wait();
            if (thread == getpid()) {
                continue;  // the first thread cannot end
            }
            EXPECT_TRUE(ended.insert(thread).second);
            yield_until([thread] {
                const std::vector<int> ids = platform::thread_ids();
                return std::find(ids.begin(), ids.end(), thread) == ids.end();
            });
        }
        yield_until([] { return stats().threads < 20; });
    });
}

TEST_P(locked_thread_test, no_new_thread_is_as_the_locked_one_was_made) {
    const int before = platform::usable_cpus();
    if (before < 2) {
        GTEST_SKIP() << "with one CPU there is none to be taken away";
    }
    in_run([before] {
        wait_group locked;
        std::atomic<int> there{0};
        const auto gate = make_chan<unit>();
        for (int i = 0; i < 8; ++i) {
            locked.go([&] {
                lock_os_thread();
                cpu_set_t all;
                ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
                cpu_set_t one;
                CPU_ZERO(&one);
                CPU_SET(sched_getcpu(), &one);
                ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
                ++there;
                go([] {});
                gate.recv();
                ASSERT_EQ(sched_setaffinity(0, sizeof all, &all), 0);
                unlock_os_thread();
            });
        }
        yield_until([&] { return there == 8; });
        wait_group others;
        for (int i = 0; i < 64; ++i) {
            others.go([before] {
                EXPECT_EQ(platform::usable_cpus(), before);
                blocking([] { platform::yield_thread(); });
                EXPECT_EQ(platform::usable_cpus(), before);
            });
        }
        others.wait();
        gate.close();
        locked.wait();
    });
}

TEST_P(locked_thread_test, many_ended_threads_leave_nothing_behind) {
    in_run([] {
        for (int n = 0; n < repeated(200); ++n) {
            wait_group done;
            done.go([] { lock_os_thread(); });
            done.wait();
        }
        yield_until([] { return platform::thread_ids().size() < 40; });
    });
}

TEST_P(locked_thread_test, the_first_thread_stands_aside_when_its_goroutine_ended_locked) {
    const std::thread::id first = std::this_thread::get_id();
    in_run([first] {
        std::atomic<bool> ended{false};
        std::atomic<int> there{0};
        wait_group all;
        // One of them gets the first thread, unless another machine is quicker every time.
        for (int i = 0; i < 2 * 8; ++i) {
            all.go([&] {
                if (std::this_thread::get_id() == first && !ended.exchange(true)) {
                    lock_os_thread();
                }
                ++there;
            });
        }
        all.wait();
        yield();
        EXPECT_EQ(there, 16);
        for (int n = 0; ended && n < 100; ++n) {
            EXPECT_NE(std::this_thread::get_id(), first);
            yield();
        }
    });
    EXPECT_EQ(std::this_thread::get_id(), first);
}

TEST_P(locked_thread_test, all_may_be_locked) {
    in_run([] {
        constexpr int parties = 12;
        std::vector<chan<int>> ring;
        for (int i = 0; i < parties; ++i) {
            ring.push_back(make_chan<int>());
        }
        lock_os_thread();
        wait_group all;
        for (int i = 0; i < parties; ++i) {
            all.go([&, i] {
                lock_os_thread();
                const int mine = platform::thread_id();
                while (const auto token = ring[static_cast<std::size_t>(i)].recv()) {
                    ASSERT_EQ(platform::thread_id(), mine);
                    if (*token == 0) {
                        for (const chan<int>& each : ring) {
                            each.close();
                        }
                        break;
                    }
                    ring[static_cast<std::size_t>((i + 1) % parties)].send(*token - 1);
                }
                unlock_os_thread();
            });
        }
        ring[0].send(repeated(500));
        all.wait();
        unlock_os_thread();
    });
}

TEST_P(locked_thread_test, one_that_computes_on_loses_its_processor_and_keeps_its_thread) {
    in_run([this] {
        std::atomic<bool> over{false};
        wait_group all;
        for (int i = 0; i < GetParam(); ++i) {
            all.go([&] {
                lock_os_thread();
                const int mine = platform::thread_id();
                while (!over) {
                }
                yield();
                EXPECT_EQ(platform::thread_id(), mine);
            });
        }
        yield_until([] { return stats().retakes > 0; });
        over = true;
        all.wait();
    });
}

TEST_P(locked_thread_test, plain_threads_and_goroutines_may_wake_it) {
    in_run([] {
        const auto there = make_chan<int>();
        const auto back = make_chan<int>();
        std::thread plain([=] {
            for (int v : there) {
                back.send(v + 1);
            }
        });
        lock_os_thread();
        const int mine = platform::thread_id();
        for (int n = 0; n < repeated(100); ++n) {
            there.send(n);
            ASSERT_EQ(back.recv(), n + 1);
            ASSERT_EQ(platform::thread_id(), mine);
        }
        there.close();
        unlock_os_thread();
        blocking([&plain] { plain.join(); });
    });
}

TEST_P(locked_thread_test, the_number_of_processors_may_change_meanwhile) {
    in_run([] {
        std::atomic<bool> over{false};
        wait_group all;
        const auto values = make_chan<int>();
        for (int i = 0; i < 4; ++i) {
            all.go([&, i] {
                lock_os_thread();
                for (int n = 0; n < repeated(100); ++n) {
                    i % 2 == 0 ? values.send(n) : void(values.recv());
                }
                unlock_os_thread();
            });
        }
        wait_group changing;
        changing.go([&] {
            for (int n = 0; !over; ++n) {
                set_procs(1 + n % 5);
                yield();
            }
        });
        all.wait();
        over = true;
        changing.wait();
    });
}

INSTANTIATE_TEST_SUITE_P(procs, locked_thread_test, processor_counts,
                         testing::PrintToStringParamName());

TEST(locked_thread_limits_test, the_last_thread_is_not_given_away) {
    run(
        [] {
            wait_group all;
            std::atomic<int> refused{0};
            const auto gate = make_chan<unit>();
            for (int i = 0; i < 4; ++i) {
                all.go([&] {
                    try {
                        lock_os_thread();
                    } catch (const resource_error&) {
                        ++refused;
                    }
                    gate.recv();
                    unlock_os_thread();
                });
            }
            yield_until_parked(4);
            EXPECT_EQ(refused, 2);
            gate.close();
            all.wait();
        },
        {.procs = 1, .max_threads = 4});
}

TEST(locked_thread_limits_test, on_a_plain_thread_it_does_nothing) {
    lock_os_thread();
    unlock_os_thread();
    unlock_os_thread();
}

}  // namespace
}  // namespace weft::sched
