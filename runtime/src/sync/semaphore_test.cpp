#include "sched/at_procs.hpp"
#include "sched/panic_of.hpp"

#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/diagnostics.hpp>
#include <weft/error.hpp>
#include <weft/semaphore.hpp>
#include <weft/wait_group.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace weft {
namespace {

using sched::panic_of;
using sched::repeated;

class semaphore_test : public sched::at_procs {};

TEST_P(semaphore_test, never_more_are_held_than_there_are) {
    in_run([] {
        constexpr std::int64_t tokens = 10;
        semaphore free(tokens);
        std::atomic<std::int64_t> held{0};
        wait_group all;
        for (int i = 0; i < 8; ++i) {
            all.go([&, i] {
                auto [ctx, cancel] = with_cancel(background());
                for (int n = 0; n < repeated(1'000); ++n) {
                    const std::int64_t amount = 1 + (i + n) % tokens;
                    if (i % 3 == 0) {
                        ASSERT_FALSE(free.acquire(ctx, amount));
                    } else if (i % 3 == 1 || !free.try_acquire(amount)) {
                        free.acquire(amount);
                    }
                    ASSERT_LE(held += amount, tokens);
                    if (n % 16 == 0) {
                        yield();
                    }
                    held -= amount;
                    free.release(amount);
                }
            });
        }
        all.wait();
        EXPECT_TRUE(free.try_acquire(tokens));
    });
}

TEST_P(semaphore_test, trying_succeeds_only_when_enough_are_free) {
    in_run([] {
        semaphore free(2);
        EXPECT_TRUE(free.try_acquire());
        EXPECT_FALSE(free.try_acquire(2));
        EXPECT_TRUE(free.try_acquire());
        EXPECT_FALSE(free.try_acquire());
        EXPECT_TRUE(free.try_acquire(0));
        free.release(2);
        EXPECT_FALSE(free.try_acquire(3));
        EXPECT_TRUE(free.try_acquire(2));
    });
}

TEST_P(semaphore_test, releasing_more_than_is_held_panics_and_changes_nothing) {
    in_run([] {
        semaphore free(1);
        EXPECT_EQ(panic_of([&] { free.release(); }), "semaphore: released more than held");
        free.acquire();
        EXPECT_EQ(panic_of([&] { free.release(2); }), "semaphore: released more than held");
        EXPECT_FALSE(free.try_acquire());
        free.release();
        EXPECT_TRUE(free.try_acquire());
    });
}

TEST_P(semaphore_test, a_negative_amount_panics) {
    in_run([] {
        const std::string text = "semaphore: negative amount";
        semaphore free(1);
        EXPECT_EQ(panic_of([&] { free.acquire(-1); }), text);
        EXPECT_EQ(panic_of([&] { free.acquire(background(), -1); }), text);
        EXPECT_EQ(panic_of([&] { free.try_acquire(-1); }), text);
        EXPECT_EQ(panic_of([&] { free.release(-1); }), text);
        EXPECT_EQ(panic_of([] { const semaphore none(-1); }), text);
        EXPECT_TRUE(free.try_acquire());
    });
}

TEST_P(semaphore_test, who_needs_few_does_not_overtake_who_waits_for_many) {
    in_run([] {
        semaphore free(3);
        free.acquire(2);
        const auto served = make_chan<int>(3);
        const std::uint64_t before = stats().parks;
        int waiting = 0;
        for (const int amount : {3, 1, 2}) {
            go([&free, served, amount] {
                free.acquire(amount);
                served.send(amount);
                free.release(amount);
            });
            ++waiting;
            sched::yield_until_parked(before + static_cast<std::uint64_t>(waiting));
        }
        EXPECT_FALSE(free.try_acquire()) << "one is free, but others wait for it";
        free.release(2);
        EXPECT_EQ(served.recv(), 3);
        EXPECT_EQ(served.recv().value_or(0) + served.recv().value_or(0), 3);
    });
}

TEST_P(semaphore_test, one_release_may_serve_several) {
    in_run([] {
        semaphore free(4);
        free.acquire(4);
        wait_group all;
        wait_group inside;
        inside.add(4);
        const std::uint64_t before = stats().parks;
        for (int i = 0; i < 4; ++i) {
            all.go([&] {
                free.acquire();
                inside.done();
                inside.wait();
                free.release();
            });
        }
        sched::yield_until_parked(before + 4);
        free.release(4);
        all.wait();
        EXPECT_TRUE(free.try_acquire(4));
    });
}

TEST_P(semaphore_test, a_large_request_is_not_starved) {
    in_run([] {
        constexpr std::int64_t tokens = 4;
        semaphore free(tokens);
        std::atomic<bool> running{true};
        wait_group all;
        free.acquire(tokens);
        for (int i = 0; i < tokens; ++i) {
            all.go([&] {
                while (running) {
                    free.release();
                    free.acquire();
                    yield();
                }
                free.release();
            });
        }
        free.acquire(tokens);
        running = false;
        free.release(tokens);
        all.wait();
        EXPECT_TRUE(free.try_acquire(tokens));
    });
}

TEST_P(semaphore_test, a_context_that_has_ended_prevails_over_free_tokens) {
    in_run([] {
        semaphore free(1);
        auto [ctx, cancel] = with_cancel(background());
        EXPECT_FALSE(free.acquire(ctx));
        free.release();
        cancel();
        EXPECT_EQ(free.acquire(ctx), context_errc::canceled);
        EXPECT_TRUE(free.try_acquire()) << "nothing was taken";
    });
}

TEST_P(semaphore_test, the_end_of_a_context_ends_a_wait) {
    in_run([] {
        semaphore free(1);
        free.acquire();
        auto [ctx, cancel] = with_cancel(background());
        const auto result = make_chan<std::error_code>();
        const std::uint64_t before = stats().parks;
        go([&free, ctx = ctx, result] { result.send(free.acquire(ctx)); });
        sched::yield_until_parked(before + 1);
        cancel();
        EXPECT_EQ(result.recv(), make_error_code(context_errc::canceled));
        free.release();
        EXPECT_TRUE(free.try_acquire());
        auto limited = with_timeout(background(), std::chrono::milliseconds(1));
        EXPECT_EQ(free.acquire(limited.ctx), context_errc::deadline_exceeded);
    });
}

TEST_P(semaphore_test, a_context_that_cannot_end_is_none) {
    in_run([] {
        semaphore free(1);
        EXPECT_FALSE(free.acquire(background()));
        for (const context& ctx : {background(), context()}) {
            const std::uint64_t before = stats().parks;
            wait_group all;
            all.go([&] { EXPECT_FALSE(free.acquire(ctx)); });
            sched::yield_until_parked(before + 1);
            free.release();
            all.wait();
        }
    });
}

TEST_P(semaphore_test, who_wants_more_than_there_are_waits_for_the_context_and_holds_nobody_up) {
    in_run([] {
        semaphore free(2);
        auto [ctx, cancel] = with_cancel(background());
        const auto result = make_chan<std::error_code>();
        const std::uint64_t before = stats().parks;
        go([&free, ctx = ctx, result] { result.send(free.acquire(ctx, 3)); });
        sched::yield_until_parked(before + 1);
        EXPECT_TRUE(free.try_acquire(2));
        free.release(2);
        free.acquire(2);
        cancel();
        EXPECT_EQ(result.recv(), make_error_code(context_errc::canceled));
    });
}

TEST_P(semaphore_test, when_the_first_gives_up_the_next_is_served) {
    in_run([] {
        semaphore free(10);
        free.acquire(1);
        auto [ctx, cancel] = with_cancel(background());
        wait_group all;
        const std::uint64_t before = stats().parks;
        all.go([&, ctx = ctx] { EXPECT_EQ(free.acquire(ctx, 10), context_errc::canceled); });
        sched::yield_until_parked(before + 1);
        all.go([&] {
            free.acquire(5);
            free.release(5);
        });
        all.go([&] {
            EXPECT_FALSE(free.acquire(background(), 4));
            free.release(4);
        });
        sched::yield_until_parked(before + 3);
        cancel();
        all.wait();
        EXPECT_TRUE(free.try_acquire(9));
    });
}

TEST_P(semaphore_test, when_one_in_the_middle_gives_up_the_others_keep_their_order) {
    in_run([] {
        semaphore free(2);
        free.acquire(2);
        auto [ctx, cancel] = with_cancel(background());
        const auto served = make_chan<int>(3);
        const std::uint64_t before = stats().parks;
        for (int i = 0; i < 3; ++i) {
            go([&free, served, i, ctx = i == 1 ? ctx : background()] {
                served.send(free.acquire(ctx, 2) ? -1 : i);
            });
            sched::yield_until_parked(before + static_cast<std::uint64_t>(i) + 1);
        }
        cancel();
        EXPECT_EQ(served.recv(), -1);
        free.release(2);
        EXPECT_EQ(served.recv(), 0);
        free.release(2);
        EXPECT_EQ(served.recv(), 2);
    });
}

TEST_P(semaphore_test, a_grant_and_a_cancel_at_once_lose_no_token) {
    in_run([] {
        semaphore free(2);
        std::atomic<int> granted{0};
        const int rounds = repeated(2'000);
        for (int i = 0; i < rounds; ++i) {
            auto [ctx, cancel] = with_cancel(background());
            free.acquire(2);
            wait_group all;
            for (int n = 0; n < 2; ++n) {
                all.go([&, ctx = ctx] {
                    if (!free.acquire(ctx)) {
                        ++granted;
                        free.release();
                    }
                });
            }
            all.go([&free] {
                free.acquire(2);
                free.release(2);
            });
            if (i % 2 == 0) {
                yield();
            }
            all.go([&free] { free.release(2); });
            cancel();
            all.wait();
            ASSERT_TRUE(free.try_acquire(2)) << "all tokens are back";
            free.release(2);
        }
        EXPECT_LE(granted, 2 * rounds);
    });
}

TEST_P(semaphore_test, after_a_cancelled_wait_the_caller_waits_elsewhere_undisturbed) {
    in_run([] {
        semaphore free(1);
        const auto ch = make_chan<int>();
        for (int i = 0; i < repeated(500); ++i) {
            auto [ctx, cancel] = with_cancel(background());
            free.acquire();
            wait_group all;
            all.go([&, ctx = ctx] {
                if (!free.acquire(ctx)) {
                    free.release();
                }
                ASSERT_EQ(ch.recv(), i);
            });
            all.go([&free] { free.release(); });
            cancel();
            yield();
            ch.send(i);
            all.wait();
        }
    });
}

TEST_P(semaphore_test, who_was_served_may_destroy_it) {
    in_run([] {
        for (int i = 0; i < repeated(3'000); ++i) {
            auto turn = std::make_unique<semaphore>(1);
            turn->acquire();
            wait_group all;
            all.go([&turn] { turn->release(); });
            auto [ctx, cancel] = with_cancel(background());
            ASSERT_FALSE(turn->acquire(i % 2 == 0 ? ctx : background()));
            turn.reset();
            all.wait();
        }
    });
}

TEST_P(semaphore_test, plain_threads_take_part) {
    in_run([] {
        semaphore free(1);
        std::int64_t plain = 0;
        const int each = repeated(1'000);
        const auto body = [&] {
            auto [ctx, cancel] = with_cancel(background());
            for (int i = 0; i < each; ++i) {
                ASSERT_FALSE(free.acquire(i % 2 == 0 ? ctx : background()));
                ++plain;
                free.release();
            }
        };
        wait_group all;
        all.go(body);
        std::thread thread(body);
        blocking([&thread] { thread.join(); });
        all.wait();
        EXPECT_EQ(plain, std::int64_t{2} * each);
    });
}

TEST(semaphore_outside_test, what_would_block_throws_and_takes_nothing) {
    semaphore free(1);
    auto [ctx, cancel] = with_cancel(background());
    free.acquire();
    EXPECT_THROW(free.acquire(), std::logic_error);
    EXPECT_THROW(free.acquire(2), std::logic_error);
    EXPECT_THROW(free.acquire(ctx), std::logic_error);
    EXPECT_THROW(free.acquire(ctx, 2), std::logic_error);
    free.release();
    EXPECT_FALSE(free.acquire(ctx));
    cancel();
    EXPECT_EQ(free.acquire(ctx), context_errc::canceled);
}

INSTANTIATE_TEST_SUITE_P(procs, semaphore_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
