// Who is in a bubble, when it is blocked, and how it ends.
#include "sched/at_procs.hpp"
#include "sched/panic_of.hpp"

#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/goroutine_local.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/testing.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weft {
namespace {

using sched::panic_of;
using sched::repeated;
using namespace std::chrono_literals;

class bubble_test : public sched::at_procs {};

TEST_P(bubble_test, runs_its_function_in_a_goroutine_of_its_own) {
    in_run([] {
        const std::uint64_t caller = this_goroutine::id();
        std::uint64_t inside = 0;
        bubble([&] { inside = this_goroutine::id(); });
        EXPECT_NE(inside, 0U);
        EXPECT_NE(inside, caller);
    });
}

TEST_P(bubble_test, takes_functions_that_can_be_moved_only_and_returns_nothing_of_theirs) {
    in_run([] {
        auto owned = std::make_unique<int>(7);
        int seen = 0;
        bubble([owned = std::move(owned), &seen]() mutable { return seen = *owned; });
        EXPECT_EQ(seen, 7);
    });
}

TEST_P(bubble_test, waits_for_all_its_goroutines) {
    in_run([] {
        std::atomic<int> ended = 0;
        bubble([&] {
            for (int i = 0; i < 10; ++i) {
                go([&] {
                    go([&] {
                        yield();
                        ++ended;
                    });
                    ++ended;
                });
            }
        });
        EXPECT_EQ(ended, 20);
    });
}

TEST_P(bubble_test, what_leaves_the_function_is_rethrown_when_all_have_ended) {
    in_run([] {
        bool ended = false;
        const auto failing = [&] {
            go([&] {
                yield();
                ended = true;
            });
            throw std::out_of_range("left");
        };
        EXPECT_THROW(bubble(failing), std::out_of_range);
        EXPECT_TRUE(ended);
    });
}

TEST_P(bubble_test, goexit_in_the_function_ends_it_and_no_more) {
    in_run([] {
        bool ended = false;
        bubble([&] {
            go([&] {
                yield();
                ended = true;
            });
            goexit();
        });
        EXPECT_TRUE(ended);
    });
}

TEST_P(bubble_test, goroutines_that_end_by_goexit_have_ended) {
    in_run([] {
        bubble([] {
            go([] { goexit(); });
            bubble_wait();
        });
    });
}

TEST_P(bubble_test, wait_returns_when_all_others_are_blocked_and_no_sooner) {
    in_run([] {
        bubble([] {
            int step = 0;
            chan<unit> next = make_chan<unit>();
            go([&] {
                for (int i = 1; i <= 3; ++i) {
                    for (int k = 0; k < 100; ++k) {
                        yield();
                    }
                    step = i;
                    next.recv();
                }
            });
            for (int i = 1; i <= 3; ++i) {
                bubble_wait();
                EXPECT_EQ(step, i);
                next.send(unit{});
            }
        });
    });
}

TEST_P(bubble_test, wait_returns_at_once_when_there_are_no_others) {
    in_run([] {
        bubble([] {
            const time_point start = now();
            bubble_wait();
            bubble_wait();
            EXPECT_EQ(now(), start);
        });
    });
}

TEST_P(bubble_test, wait_may_be_called_by_any_of_the_goroutines) {
    in_run([] {
        bubble([] {
            bool blocked = false;
            chan<unit> done = make_chan<unit>();
            go([&] {
                bubble_wait();
                EXPECT_TRUE(blocked);
                done.close();
            });
            blocked = true;
            done.recv();
        });
    });
}

TEST_P(bubble_test, what_goroutines_did_is_visible_after_wait) {
    in_run([] {
        bubble([] {
            constexpr int count = 50;
            std::vector<int> written(count);
            chan<unit> end = make_chan<unit>();
            for (int i = 0; i < count; ++i) {
                go([&, i] {
                    written[static_cast<std::size_t>(i)] = i + 1;
                    end.recv();
                    written[static_cast<std::size_t>(i)] = -1;
                });
            }
            bubble_wait();
            for (int i = 0; i < count; ++i) {
                EXPECT_EQ(written[static_cast<std::size_t>(i)], i + 1);
            }
            end.close();
            bubble_wait();
            EXPECT_EQ(written.front(), -1);
        });
    });
}

TEST_P(bubble_test, wait_panics_outside_a_bubble_and_when_it_is_called_twice) {
    EXPECT_EQ(panic_of([] { bubble_wait(); }), "goroutine is not in a bubble");
    in_run([] {
        EXPECT_EQ(panic_of([] { bubble_wait(); }), "goroutine is not in a bubble");
        std::atomic<int> refused = 0;
        bubble([&] {
            for (int i = 0; i < 2; ++i) {
                go([&] {
                    refused += panic_of([] { bubble_wait(); }) == "wait already in progress";
                });
            }
            while (refused == 0) {
                yield();  // not blocked: neither wait returns before
            }
            EXPECT_EQ(refused, 1);
        });
        EXPECT_EQ(refused, 1) << "the other's wait has returned by now";
        EXPECT_EQ(panic_of([] { bubble_wait(); }), "goroutine is not in a bubble");
    });
}

TEST_P(bubble_test, on_a_plain_thread_inside_a_run_there_is_none) {
    in_run([] { std::thread([] { EXPECT_THROW(bubble([] {}), std::logic_error); }).join(); });
}

TEST_P(bubble_test, a_run_may_end_while_bubbles_are_active) {
    for (int round = 0; round < repeated(50); ++round) {
        const chan<unit> outside = make_chan<unit>();
        run(
            [&] {
                go([&] {
                    bubble([&] {
                        go([] { sleep(1h); });
                        outside.recv();
                    });
                });
                go([] {
                    bubble([] {
                        while (true) {
                            sleep(1s);
                        }
                    });
                });
                for (int i = 0; i < 10; ++i) {
                    yield();
                }
            },
            {.procs = GetParam()});
    }
}

TEST_P(bubble_test, a_bubble_in_a_bubble_is_a_panic) {
    in_run([] {
        bubble([] {
            EXPECT_EQ(panic_of([] { bubble([] {}); }),
                      "synctest.Run called from within a synctest bubble");
        });
        bubble([] {});  // one after the other is not
    });
}

TEST_P(bubble_test, outside_run_it_brings_a_runtime_of_its_own) {
    int ended = 0;
    bubble([&] {
        go([&] {
            sleep(1h);
            ++ended;
        });
        sleep(2h);
        ++ended;
    });
    EXPECT_EQ(ended, 2);
    EXPECT_EQ(num_goroutine(), 0U);
    EXPECT_THROW(bubble([] { throw std::out_of_range("left"); }), std::out_of_range);
}

TEST_P(bubble_test, each_of_several_has_a_clock_of_its_own) {
    in_run([] {
        wait_group all;
        for (int i = 1; i <= 8; ++i) {
            all.go([i] {
                bubble([i] {
                    const time_point start = now();
                    chan<unit> end = make_chan<unit>();
                    wait_group inner;
                    for (int k = 0; k < 20; ++k) {
                        inner.go([&] { end.recv(); });
                    }
                    for (int k = 0; k < 50; ++k) {
                        sleep(std::chrono::hours(i));
                    }
                    bubble_wait();
                    EXPECT_EQ(now() - start, 50 * std::chrono::hours(i));
                    end.close();
                    inner.wait();
                });
            });
        }
        all.wait();
    });
}

TEST_P(bubble_test, time_never_passes_while_anything_can_go_on) {
    in_run([] {
        for (int round = 0; round < repeated(30); ++round) {
            bubble([] {
                // Work goes round in a ring of channels, with blocks and wakes all the time; the
                // sleeper must not wake before it has stopped.
                constexpr int places = 12;
                std::vector<chan<int>> ring;
                for (int i = 0; i < places; ++i) {
                    ring.push_back(make_chan<int>(static_cast<std::size_t>(i % 2)));
                }
                bool stopped = false;
                for (std::size_t i = 0; i < places; ++i) {
                    go([&, i] {
                        for (const int left : ring[i]) {
                            if (left == 0) {
                                stopped = true;
                                return;
                            }
                            ring[(i + 1) % places].send(left - 1);
                        }
                    });
                }
                ring[0].send(300);
                sleep(1ns);
                EXPECT_TRUE(stopped);
                for (const chan<int>& each : ring) {
                    each.close();
                }
            });
        }
    });
}

TEST_P(bubble_test, many_goroutines_end_and_leave_nothing) {
    in_run([] {
        const int count = repeated(20'000);
        std::atomic<int> woken = 0;
        bubble([&] {
            for (int i = 0; i < count; ++i) {
                go([&, i] {
                    sleep(std::chrono::seconds(i % 100));
                    ++woken;
                });
            }
            sleep(100s);
            bubble_wait();
            EXPECT_EQ(woken, count);
        });
    });
}

TEST_P(bubble_test, functions_of_contexts_run_in_the_bubble_that_ends_them) {
    in_run([] {
        bubble([] {
            auto [ctx, cancel] = with_cancel(background());
            bool called = false;
            const stop_func stop = after_func(ctx, [&] {
                bubble_wait();
                called = true;
            });
            bubble_wait();
            EXPECT_FALSE(called);
            cancel();
            sleep(1ns);
            EXPECT_TRUE(called);
        });
    });
}

TEST_P(bubble_test, values_of_goroutines_may_block_when_they_end) {
    in_run([] {
        struct slow {
            bool used = true;
            ~slow() { sleep(1h); }
        };
        static goroutine_local<slow> value;
        bubble([] {
            const time_point start = now();
            wait_group all;
            all.go([] { EXPECT_TRUE(value->used); });
            sleep(2h);
            EXPECT_EQ(now() - start, 2h);
        });
    });
}

INSTANTIATE_TEST_SUITE_P(procs, bubble_test, sched::processor_counts);

}  // namespace
}  // namespace weft
