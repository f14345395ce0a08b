// Contexts among goroutines: timeouts, after_func, and many who cancel at once.
#include <weft/context.hpp>

#include "sched/at_procs.hpp"
#include "sync/channel_state.hpp"

#include <weft/error.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;

class context_at_procs : public sched::at_procs {};
INSTANTIATE_TEST_SUITE_P(, context_at_procs, sched::processor_counts);

TEST_P(context_at_procs, timeout_ends_it_not_early_and_with_all_below) {
    in_run([] {
        const time_point start = now();
        auto [ctx, cancel] = with_timeout(background(), 20ms);
        auto [child, cancel_child] = with_cancel(ctx);
        EXPECT_GE(*ctx.deadline(), start + 20ms);
        EXPECT_EQ(child.deadline(), ctx.deadline());
        EXPECT_EQ(child.done().recv(), std::nullopt);
        EXPECT_GE(now(), *ctx.deadline());
        EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
        EXPECT_EQ(child.err(), context_errc::deadline_exceeded);
        EXPECT_NE(child.cause(), nullptr);
        cancel();
        EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
    });
}

TEST_P(context_at_procs, cancelled_timeout_is_canceled_and_leaves_no_timer) {
    in_run([] {
        auto [ctx, cancel] = with_timeout(background(), 1h);
        EXPECT_EQ(stats().timers_live, 1U);
        cancel();
        EXPECT_EQ(ctx.err(), context_errc::canceled);
        EXPECT_EQ(stats().timers_live, 0U);
        { auto [dropped, cancel_dropped] = with_timeout(background(), 1h); }
        auto [top, cancel_top] = with_cancel(background());
        auto [below, cancel_below] = with_timeout(top, 1h);
        cancel_top();
        EXPECT_EQ(below.err(), context_errc::canceled);
        EXPECT_EQ(stats().timers_live, 0U);
    });
}

TEST_P(context_at_procs, passed_and_zero_timeouts_have_ended_at_once) {
    in_run([] {
        for (const duration d : {duration(0), duration(-1h), duration::min()}) {
            auto [ctx, cancel] = with_timeout(background(), d);
            EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
            EXPECT_TRUE(is_closed(ctx.done()));
        }
        auto [top, cancel_top] = with_cancel(background());
        cancel_top();
        auto [ctx, cancel] = with_timeout(top, 0s);
        EXPECT_EQ(ctx.err(), context_errc::canceled);
    });
}

TEST_P(context_at_procs, earlier_deadline_of_the_parent_holds) {
    in_run([] {
        auto [top, cancel_top] = with_timeout(background(), 1h);
        auto [later, cancel_later] = with_timeout(top, 2h);
        EXPECT_EQ(later.deadline(), top.deadline());
        EXPECT_EQ(stats().timers_live, 1U);
        auto [earlier, cancel_earlier] = with_timeout(top, 1min);
        EXPECT_LT(*earlier.deadline(), *top.deadline());
        EXPECT_FALSE(without_cancel(top).deadline());
        auto [never, cancel_never] = with_timeout(background(), std::chrono::hours::max());
        EXPECT_FALSE(never.deadline());
    });
}

TEST_P(context_at_procs, who_is_woken_by_done_sees_why) {
    in_run([] {
        for (int round = 0; round < 200; ++round) {
            auto [ctx, cancel] = with_cancel(background());
            wait_group woken;
            for (int i = 0; i < 4; ++i) {
                woken.go([ctx = ctx] {
                    select(on_recv(ctx.done()));
                    EXPECT_EQ(ctx.err(), context_errc::canceled);
                    EXPECT_TRUE(is_closed(ctx.done()));
                });
            }
            yield();
            cancel();
            woken.wait();
        }
    });
}

TEST_P(context_at_procs, after_func_runs_in_a_goroutine_of_its_own_once) {
    in_run([] {
        auto [ctx, cancel] = with_cancel(background());
        const chan<std::uint64_t> ran = make_chan<std::uint64_t>(4);
        stop_func stop = after_func(ctx, [ran] { ran.send(this_goroutine::id()); });
        stop_func twin = stop;
        std::uint64_t id = 0;
        yield();
        EXPECT_EQ(ran.try_recv(id), recv_status::empty);
        cancel();
        EXPECT_NE(*ran.recv(), this_goroutine::id());
        EXPECT_FALSE(stop());
        EXPECT_FALSE(twin());
        after_func(ctx, [ran] { ran.send(this_goroutine::id()); });  // ended already: at once
        EXPECT_NE(*ran.recv(), this_goroutine::id());
    });
}

TEST_P(context_at_procs, cancel_does_not_wait_for_after_func) {
    in_run([] {
        auto [ctx, cancel] = with_cancel(background());
        const chan<unit> go_on = make_chan<unit>();
        wait_group ended;
        ended.add(1);
        after_func(ctx, [&] {
            go_on.recv();
            ended.done();
        });
        cancel();
        go_on.send({});
        ended.wait();
    });
}

TEST_P(context_at_procs, stopped_after_func_never_runs) {
    in_run([] {
        auto [ctx, cancel] = with_cancel(background());
        const auto held = std::make_shared<int>(0);
        stop_func first = after_func(ctx, [held] { ++*held; });
        stop_func second = after_func(ctx, [held] { *held += 10; });
        stop_func third = after_func(ctx, [held] { *held += 100; });
        EXPECT_TRUE(second());
        EXPECT_FALSE(second());
        EXPECT_TRUE(first());
        EXPECT_TRUE(third());
        cancel();
        yield();
        EXPECT_EQ(*held, 0);
        first = second = third = stop_func();
        EXPECT_EQ(held.use_count(), 1);
        stop_func never = after_func(background(), [] {});
        EXPECT_TRUE(never());
        EXPECT_FALSE(never());
    });
}

TEST_P(context_at_procs, destroyed_stop_func_leaves_its_registration) {
    in_run([] {
        auto [ctx, cancel] = with_timeout(background(), 5ms);
        const chan<unit> ran = make_chan<unit>();
        {
            stop_func dropped = after_func(ctx, [ran] { ran.close(); });
        }
        EXPECT_EQ(ran.recv(), std::nullopt);
    });
}

/// A tree in which every node is cancelled by a goroutine of its own, all at the same time: each
/// finds its whole subtree ended when its own cancel has returned.
TEST_P(context_at_procs, simultaneous_cancels_each_return_with_their_subtree_ended) {
    in_run([] {
        constexpr int rounds = 20;
        constexpr std::size_t nodes = 127;
        for (int round = 0; round < rounds; ++round) {
            std::vector<context> tree(nodes);
            std::vector<cancel_func> cancels(nodes);
            for (std::size_t i = 0; i < nodes; ++i) {
                auto made = with_cancel(i == 0 ? background() : tree[(i - 1) / 2]);
                tree[i] = std::move(made.ctx);
                cancels[i] = std::move(made.cancel);
            }
            wait_group done;
            for (std::size_t i = 0; i < nodes; ++i) {
                done.go([&, i] {
                    cancels[i]();
                    for (std::size_t first = i, count = 1; first < nodes;
                         first = 2 * first + 1, count *= 2) {
                        for (std::size_t j = first; j < first + count; ++j) {
                            EXPECT_EQ(tree[j].err(), context_errc::canceled);
                            EXPECT_TRUE(is_closed(tree[j].done()));
                        }
                    }
                });
            }
            done.wait();
        }
    });
}

TEST_P(context_at_procs, contexts_come_and_go_while_their_parent_is_cancelled) {
    in_run([] {
        for (int round = 0; round < 50; ++round) {
            auto [top, cancel] = with_cancel(background());
            wait_group done;
            for (int i = 0; i < 8; ++i) {
                done.go([top = top] {
                    while (!top.err()) {
                        auto [child, cancel_child] = with_timeout(top, 1h);
                        auto [below, cancel_below] = with_cancel(child);
                        stop_func stop = after_func(below, [] {});
                        cancel_child();
                        EXPECT_EQ(below.err(), context_errc::canceled);
                        yield();
                    }
                });
            }
            done.go([&cancel = cancel] { cancel(); });
            done.wait();
            EXPECT_EQ(stats().timers_live, 0U);
        }
    });
}

TEST_P(context_at_procs, threads_of_the_program_may_cancel_and_wait) {
    in_run([] {
        auto [ctx, cancel] = with_cancel(background());
        std::thread waiting([ctx = ctx] {
            ctx.done().recv();
            EXPECT_EQ(ctx.err(), context_errc::canceled);
        });
        std::thread cancelling([&cancel = cancel] { cancel(); });
        ctx.done().recv();
        blocking([&] {
            cancelling.join();
            waiting.join();
        });
    });
}

TEST(context_run, outlives_the_run_in_which_its_deadline_was_armed) {
    context kept;
    cancel_func kept_cancel;
    run([&] {
        auto [ctx, cancel] = with_timeout(background(), 1h);
        after_func(ctx, [] { ADD_FAILURE() << "ran after its run"; });
        kept = ctx;
        kept_cancel = std::move(cancel);
    });
    EXPECT_FALSE(kept.err());
    run([&] {
        auto [below, cancel] = with_cancel(kept);
        EXPECT_EQ(below.deadline(), kept.deadline());
    });
    kept_cancel();
    EXPECT_EQ(kept.err(), context_errc::canceled);
}

TEST(context_run, pending_timeout_holds_the_report_of_a_deadlock_up) {
    options settings;
    settings.on_deadlock = on_deadlock::throw_error;
    run(
        [] {
            auto [ctx, cancel] = with_timeout(background(), 50ms);
            const chan<unit> never = make_chan<unit>();
            after_func(ctx, [never] { never.close(); });
            never.recv();
        },
        settings);
    auto [ctx, cancel] = with_cancel(background());  // outside: what waits is not unwound
    const recv_chan<unit> done = ctx.done();
    EXPECT_THROW(run([&done] { done.recv(); }, settings), deadlock_error);
}

}  // namespace
}  // namespace weft
