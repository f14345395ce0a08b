// What is of a bubble, used from outside of it, and the other way round.
#include "sched/at_procs.hpp"
#include "sched/panic_of.hpp"

#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/error.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/testing.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace weft {
namespace {

using sched::panic_of;
using testing::ExitedWithCode;
using namespace std::chrono_literals;

class bubble_outside_test : public sched::at_procs {
protected:
    bubble_outside_test() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }

    /// `body` ends the process, run as main.
    template <class F>
    void expect_fatal(F body, const std::string& text) {
        EXPECT_EXIT(run(body, {.procs = GetParam()}), ExitedWithCode(2), "fatal error: " + text);
    }
};

/// What each operation on a bubble's channel panics with where it must not be used.
void expect_closed_to_the_caller(const chan<int>& ch) {
    const std::string send = "send on synctest channel from outside bubble";
    const std::string receive = "receive on synctest channel from outside bubble";
    const std::string any = "select on synctest channel from outside bubble";
    int value = 0;
    EXPECT_EQ(panic_of([&] { ch.send(1); }), send);
    EXPECT_EQ(panic_of([&] { ch.try_send(value); }), send);
    EXPECT_EQ(panic_of([&] { ch.recv(); }), receive);
    EXPECT_EQ(panic_of([&] { ch.try_recv(value); }), receive);
    EXPECT_EQ(panic_of([&] { ch.close(); }), "close of synctest channel from outside bubble");
    EXPECT_EQ(panic_of([&] { select(on_recv(ch), otherwise()); }), any);
    EXPECT_EQ(panic_of([&] { select(on_send(ch, 1), on_timeout(1s)); }), any);
    EXPECT_EQ(panic_of([&] { select(on_recv(ch), on_recv(make_chan<int>())); }), any);
    EXPECT_EQ(ch.len(), 1U);  // untouched
}

TEST_P(bubble_outside_test, channels_of_a_bubble_are_not_for_others) {
    in_run([] {
        const chan<chan<int>> out = make_chan<chan<int>>();
        const chan<unit> done = make_chan<unit>();
        go([&] {
            const chan<int> from_inside = *out.recv();
            expect_closed_to_the_caller(from_inside);
            bubble([&] { expect_closed_to_the_caller(from_inside); });
            std::thread([&] { expect_closed_to_the_caller(from_inside); }).join();
            done.close();
        });
        chan<int> kept;
        bubble([&] {
            kept = make_chan<int>(2);
            kept.send(1);
            out.send(kept);
            done.recv();
            EXPECT_EQ(kept.recv(), 1);
            kept.send(2);
        });
        expect_closed_to_the_caller(kept);  // nor afterwards
    });
    EXPECT_EQ(num_goroutine(), 0U);
}

TEST_P(bubble_outside_test, channels_with_elements_that_may_throw_are_no_exception) {
    struct throwing {
        throwing() = default;
        throwing(throwing&&) noexcept(false) {}
        throwing& operator=(throwing&&) noexcept(false) { return *this; }
    };
    in_run([] {
        chan<throwing> kept;
        bubble([&] { kept = make_chan<throwing>(1); });
        throwing value;
        EXPECT_EQ(panic_of([&] { kept.send(throwing()); }),
                  "send on synctest channel from outside bubble");
        EXPECT_EQ(panic_of([&] { kept.try_send(value); }),
                  "send on synctest channel from outside bubble");
        EXPECT_EQ(panic_of([&] { kept.recv(); }),
                  "receive on synctest channel from outside bubble");
    });
}

TEST_P(bubble_outside_test, timers_of_a_bubble_are_destroyed_by_others_and_no_more) {
    in_run([] {
        std::optional<timer> t;
        std::optional<timer> f;
        std::optional<ticker> ticks;
        const auto expect_closed = [&] {
            const std::string stop = "stop of synctest timer from outside bubble";
            const std::string reset = "reset of synctest timer from outside bubble";
            for (const auto& each : {&t, &f}) {
                EXPECT_EQ(panic_of([&] { (*each)->stop(); }), stop);
                EXPECT_EQ(panic_of([&] { (*each)->reset(1s); }), reset);
            }
            EXPECT_EQ(panic_of([&] { ticks->stop(); }), stop);
            EXPECT_EQ(panic_of([&] { ticks->reset(1s); }), reset);
            EXPECT_EQ(panic_of([&] { t->chan().recv(); }),
                      "receive on synctest channel from outside bubble");
        };
        const chan<unit> made = make_chan<unit>();
        const chan<unit> looked = make_chan<unit>();
        go([&] {
            made.recv();
            expect_closed();
            ticks.reset();
            looked.close();
        });
        bubble([&] {
            const auto make = [&] {
                t.emplace(1h);
                f = after_func(1h, [] { ADD_FAILURE() << "fired"; });
                ticks.emplace(1min);
            };
            make();
            made.close();
            looked.recv();
            make();
            bubble_wait();
        });
        expect_closed();
        bubble([&] { expect_closed(); });
    });
}

TEST_P(bubble_outside_test, timers_of_a_bubble_outlive_the_run) {
    std::optional<timer> t;
    std::optional<ticker> ticks;
    std::optional<timer> f;
    in_run([&] {
        bubble([&] {
            t.emplace(1h);
            ticks.emplace(1h);
            f = after_func(1h, [] {});
        });
    });
    EXPECT_EQ(panic_of([&] { t->stop(); }), "stop of synctest timer from outside bubble");
}

TEST_P(bubble_outside_test, channels_made_outside_are_for_all) {
    in_run([] {
        const chan<int> outside = make_chan<int>();
        go([&] {
            for (int i = 0; i < 100; ++i) {
                outside.send(i);
            }
            outside.close();
        });
        int sum = 0;
        bubble([&] {
            go([&] {
                for (const int each : outside) {
                    sum += each;
                }
            });
        });
        EXPECT_EQ(sum, 4950);
    });
}

TEST_P(bubble_outside_test, a_wait_group_is_of_those_who_count_it_up) {
    in_run([] {
        wait_group of_outside;
        of_outside.add(1);
        std::atomic<bool> done = false;
        go([&] {
            for (int i = 0; i < 100; ++i) {
                yield();
            }
            done = true;
            of_outside.done();
        });
        bubble([&] {
            go([&] { of_outside.wait(); });
            sleep(1h);
            EXPECT_TRUE(done);
        });
    });
}

TEST_P(bubble_outside_test, a_wait_group_at_zero_is_free_for_the_next) {
    in_run([] {
        wait_group reused;
        for (int i = 0; i < 3; ++i) {
            bubble([&] {
                reused.add(1);
                reused.done();
            });
            bubble([&] {
                reused.add(1);
                go([&] { reused.wait(); });
                bubble_wait();
                reused.done();
            });
            bubble([&] { reused.go([] { yield(); }); });
            reused.go([] { yield(); });
            reused.wait();
        }
        group also;
        bubble([&] {
            also.go([] { sleep(1h); });
            also.wait();
        });
        also.go([] {});
        also.wait();
    });
}

TEST_P(bubble_outside_test, a_wait_group_that_counts_inside_and_outside_is_fatal) {
    const std::string text = "sync: WaitGroup.Add called from inside and outside synctest bubble";
    expect_fatal(
        [] {
            wait_group all;
            all.add(1);
            bubble([&] { all.add(1); });
        },
        text);
    expect_fatal(
        [] {
            wait_group all;
            bubble([&] { all.add(1); });
            all.add(1);
        },
        text);
    expect_fatal(
        [] {
            group all;
            const chan<unit> never = make_chan<unit>();
            all.go([&] { never.recv(); });
            bubble([&] { all.go([] {}); });
        },
        text);
    expect_fatal(
        [] {
            wait_group all;
            bubble([&] { all.add(1); });
            bubble([&] { all.add(1); });
        },
        "sync: WaitGroup.Add called from multiple synctest bubbles");
}

TEST_P(bubble_outside_test, waking_from_outside_is_fatal) {
    const std::string text = "semaphore wake of synctest goroutine from outside bubble";
    const auto with_waiter_inside = [](const std::function<void()>& wait,
                                       const std::function<void()>& wake) {
        const chan<unit> waits = make_chan<unit>();
        const chan<unit> never = make_chan<unit>();
        go([&] {
            bubble([&] {
                go(wait);
                bubble_wait();
                waits.close();
                never.recv();
            });
        });
        waits.recv();
        wake();
    };
    expect_fatal(
        [&] {
            mutex m;
            condition_variable c;
            with_waiter_inside(
                [&] {
                    std::unique_lock lock(m);
                    c.wait(lock);
                },
                [&] { c.notify_one(); });
        },
        text);
    expect_fatal(
        [&] {
            std::optional<semaphore> s;
            with_waiter_inside(
                [&] {
                    s.emplace(1);
                    s->acquire();
                    s->acquire();
                },
                [&] { s->release(); });
        },
        text);
}

TEST_P(bubble_outside_test, ending_a_context_from_outside_is_fatal_while_its_bubble_is_there) {
    expect_fatal(
        [] {
            auto [parent, cancel] = with_cancel(background());
            const chan<unit> made = make_chan<unit>();
            const chan<unit> never = make_chan<unit>();
            go([&, parent = parent] {
                bubble([&] {
                    const auto [ctx, cancel_inside] = with_cancel(parent);
                    ctx.done();
                    made.close();
                    never.recv();
                });
            });
            made.recv();
            cancel();
        },
        "close of synctest channel from outside bubble");
    in_run([] {
        std::optional<cancel_func> kept;
        std::optional<context> of_bubble;
        bubble([&] {
            auto [ctx, cancel] = with_cancel(background());
            ctx.done();
            of_bubble = ctx;
            kept = std::move(cancel);
        });
        kept.reset();
        EXPECT_EQ(of_bubble->err(), context_errc::canceled);
    });
}

TEST_P(bubble_outside_test, contexts_of_a_bubble_that_the_run_has_left_can_be_ended) {
    std::optional<cancel_func> kept;
    const chan<unit> made = make_chan<unit>();
    const chan<unit> never = make_chan<unit>();
    run(
        [&] {
            go([&] {
                bubble([&] {
                    auto [ctx, cancel] = with_timeout(background(), 1h);
                    kept = std::move(cancel);
                    go([done = ctx.done()] { done.recv(); });
                    made.close();
                    never.recv();
                });
            });
            made.recv();
        },
        {.procs = GetParam()});
    kept.reset();
}

TEST_P(bubble_outside_test, a_context_made_outside_is_waited_for_but_not_durably) {
    in_run([] {
        auto [ctx, cancel] = with_cancel(background());
        std::atomic<bool> canceled = false;
        const chan<unit> waits = make_chan<unit>();
        go([&, cancel = std::move(cancel)]() mutable {
            waits.recv();
            for (int i = 0; i < 100; ++i) {
                yield();
            }
            canceled = true;
            cancel();
        });
        bubble([&, ctx = ctx] {
            go([&] {
                waits.close();
                ctx.done().recv();
            });
            sleep(1h);
            EXPECT_TRUE(canceled);
        });
    });
}

INSTANTIATE_TEST_SUITE_P(procs, bubble_outside_test, sched::processor_counts);

}  // namespace
}  // namespace weft
