#include "sched/at_procs.hpp"
#include "sched/panic_of.hpp"

#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/diagnostics.hpp>
#include <weft/error.hpp>
#include <weft/group.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace weft {
namespace {

using sched::repeated;

class group_test : public sched::at_procs {};

struct numbered : std::exception {
    int number;
    explicit numbered(int n) : number(n) {}
};

/// The number of what `wait` throws, 0 if it does not.
int thrown_by_wait(group& all) {
    try {
        all.wait();
    } catch (const numbered& e) {
        return e.number;
    }
    return 0;
}

TEST_P(group_test, wait_returns_when_all_have_ended) {
    in_run([] {
        group empty;
        empty.wait();
        for (int round = 0; round < repeated(300); ++round) {
            group all;
            int plain[3] = {0, 0, 0};
            for (int& each : plain) {
                all.go([&each] {
                    yield();
                    each = 1;
                });
            }
            all.wait();
            ASSERT_EQ(plain[0] + plain[1] + plain[2], 3);
        }
    });
}

TEST_P(group_test, the_first_exception_leaves_wait) {
    in_run([] {
        group all;
        const auto turn = make_chan<unit>();
        all.go([] {});
        all.go([] { throw numbered(1); });
        all.go([&all] {
            all.context().done().recv();
            throw numbered(2);
        });
        EXPECT_EQ(thrown_by_wait(all), 1);
        EXPECT_EQ(thrown_by_wait(all), 1) << "and again";
    });
}

TEST_P(group_test, a_panic_is_an_exception_like_any_other) {
    in_run([] {
        group all;
        all.go([] { chan<int>().close(); });
        EXPECT_THROW(all.wait(), panic);
    });
}

TEST_P(group_test, the_first_exception_ends_the_rest_by_the_context) {
    in_run([] {
        group all;
        const context ctx = all.context();
        for (int i = 0; i < 10; ++i) {
            all.go([ctx] {
                ctx.done().recv();
                EXPECT_EQ(ctx.err(), context_errc::canceled);
            });
        }
        all.go([] { throw numbered(7); });
        EXPECT_EQ(thrown_by_wait(all), 7);
        try {
            std::rethrow_exception(ctx.cause());
        } catch (const numbered& e) {
            EXPECT_EQ(e.number, 7);
        }
    });
}

TEST_P(group_test, the_context_ends_when_wait_returns) {
    in_run([] {
        group all;
        all.go([ctx = all.context()] { EXPECT_FALSE(ctx.err()); });
        EXPECT_FALSE(all.context().err());
        all.wait();
        EXPECT_EQ(all.context().err(), context_errc::canceled);
        try {
            std::rethrow_exception(all.context().cause());
        } catch (const std::system_error& e) {
            EXPECT_EQ(e.code(), context_errc::canceled);
        }
    });
}

TEST_P(group_test, the_context_has_a_parent) {
    static constexpr context_key<int> key("number");
    in_run([] {
        auto [parent, cancel] = with_cancel(with_value(background(), key, 5));
        group all(parent);
        all.go([ctx = all.context()] {
            EXPECT_EQ(*ctx.value(key), 5);
            ctx.done().recv();
        });
        cancel();
        all.wait();
        EXPECT_EQ(group(parent).context().err(), context_errc::canceled);
        EXPECT_THROW(group{context()}, panic);
    });
}

TEST_P(group_test, its_end_waits_and_ends_the_context) {
    in_run([] {
        context ctx;
        std::atomic<int> ended{0};
        {
            group all;
            ctx = all.context();
            for (int i = 0; i < 5; ++i) {
                all.go([&ended] {
                    yield();
                    ++ended;
                    throw numbered(1);
                });
            }
        }
        EXPECT_EQ(ended, 5);
        EXPECT_EQ(ctx.err(), context_errc::canceled);
    });
}

TEST_P(group_test, it_may_be_destroyed_once_wait_has_returned) {
    in_run([] {
        for (int i = 0; i < repeated(3'000); ++i) {
            auto all = std::make_unique<group>();
            all->set_limit(1);
            all->go([] {});
            all->go([] { yield(); });
            all->wait();
            all.reset();
        }
    });
}

TEST_P(group_test, no_more_run_than_the_limit_allows) {
    in_run([] {
        for (const int limit : {1, 2, 10}) {
            group all;
            all.set_limit(limit);
            std::atomic<int> active{0};
            std::atomic<int> ran{0};
            for (int i = 0; i < repeated(200); ++i) {
                all.go([&, limit] {
                    ASSERT_LE(++active, limit);
                    yield();
                    ++ran;
                    --active;
                });
            }
            all.wait();
            EXPECT_EQ(ran, repeated(200));
        }
    });
}

TEST_P(group_test, many_may_wait_for_their_turn) {
    in_run([] {
        group all;
        all.set_limit(2);
        group starters;
        std::atomic<int> ran{0};
        for (int i = 0; i < 20; ++i) {
            starters.go([&] {
                for (int n = 0; n < repeated(50); ++n) {
                    all.go([&ran] { ++ran; });
                }
            });
        }
        starters.wait();
        all.wait();
        EXPECT_EQ(ran, 20 * repeated(50));
    });
}

TEST_P(group_test, try_go_starts_nothing_beyond_the_limit) {
    in_run([] {
        group all;
        all.set_limit(2);
        const auto leave = make_chan<unit>();
        const auto body = [leave] { leave.recv(); };
        const std::uint64_t before = stats().parks;
        EXPECT_TRUE(all.try_go(body));
        EXPECT_TRUE(all.try_go(body));
        auto owned = std::make_unique<int>(1);
        auto refused = [owned = std::move(owned)] {};
        EXPECT_FALSE(all.try_go(std::move(refused)));
        go([&all] { all.go([] {}); });
        sched::yield_until_parked(before + 3);
        leave.send({});
        leave.send({});
        all.wait();
        all.set_limit(0);
        EXPECT_FALSE(all.try_go([] {}));
        all.set_limit(-1);
        EXPECT_TRUE(all.try_go([] {}));
        all.wait();
    });
}

TEST_P(group_test, a_limit_of_none_keeps_all_waiting_until_it_is_lifted) {
    for (const int lifted : {-1, 1}) {
        in_run([lifted] {
            group all;
            all.set_limit(0);
            std::atomic<int> ran{0};
            const std::uint64_t before = stats().parks;
            for (int i = 0; i < 3; ++i) {
                go([&] { all.go([&ran] { ++ran; }); });
            }
            sched::yield_until_parked(before + 3);
            EXPECT_EQ(ran, 0);
            all.set_limit(lifted);
            sched::yield_until([&ran] { return ran == 3; });
            all.wait();
        });
    }
}

TEST_P(group_test, a_limit_is_not_set_while_goroutines_are_active) {
    in_run([] {
        group all;
        const auto leave = make_chan<unit>();
        all.set_limit(3);
        all.go([leave] { leave.recv(); });
        all.go([leave] { leave.recv(); });
        EXPECT_EQ(sched::panic_of([&all] { all.set_limit(5); }),
                  "errgroup: modify limit while 2 goroutines in the group are still active");
        all.set_limit(-1);
        leave.close();
        all.wait();
        all.set_limit(5);
    });
}

TEST_P(group_test, what_a_function_holds_is_released_before_it_counts_as_ended) {
    in_run([] {
        for (int i = 0; i < repeated(500); ++i) {
            auto held = std::make_shared<int>(1);
            const std::weak_ptr<int> watch = held;
            group all;
            all.go([held = std::move(held)] { yield(); });
            all.wait();
            ASSERT_TRUE(watch.expired());
        }
    });
}

TEST_P(group_test, goroutines_may_start_more) {
    in_run([] {
        group all;
        std::atomic<int> ran{0};
        all.go([&] {
            for (int i = 0; i < 20; ++i) {
                all.go([&] {
                    all.go([&ran] { ++ran; });
                    ++ran;
                });
            }
            ++ran;
        });
        all.wait();
        EXPECT_EQ(ran, 41);
    });
}

TEST_P(group_test, many_may_wait) {
    in_run([] {
        group all;
        const auto leave = make_chan<unit>();
        group waiters;
        const std::uint64_t before = stats().parks;
        all.go([leave] { leave.recv(); });
        for (int i = 0; i < 20; ++i) {
            waiters.go([&all] { all.wait(); });
        }
        sched::yield_until_parked(before + 21);
        leave.send({});
        waiters.wait();
    });
}

TEST_P(group_test, plain_threads_take_part) {
    in_run([] {
        std::atomic<int> ran{0};
        std::thread thread([&ran] {
            group all;
            all.set_limit(2);
            for (int i = 0; i < 100; ++i) {
                all.go([&ran] { ++ran; });
            }
            all.wait();
            EXPECT_EQ(ran, 100);
        });
        blocking([&thread] { thread.join(); });
        EXPECT_EQ(ran, 100);
    });
}

TEST(group_outside_test, what_would_start_or_block_throws) {
    group all;
    EXPECT_THROW(all.go([] {}), std::logic_error);
    EXPECT_THROW(all.try_go([] {}), std::logic_error);
    all.set_limit(0);
    EXPECT_THROW(all.go([] {}), std::logic_error);
    all.wait();
    EXPECT_EQ(all.context().err(), context_errc::canceled);
}

INSTANTIATE_TEST_SUITE_P(procs, group_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
