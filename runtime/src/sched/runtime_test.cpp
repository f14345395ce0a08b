// Runs: what begins, ends and survives them.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

class runtime_test : public at_procs {};

TEST_P(runtime_test, run_returns_what_main_returns) {
    EXPECT_EQ(run([] { return 42; }, {.procs = GetParam()}), 42);
    EXPECT_EQ(run([] {}, {.procs = GetParam()}), 0);
}

TEST_P(runtime_test, an_exception_out_of_main_leaves_run) {
    try {
        run([] { throw std::out_of_range("from main"); }, {.procs = GetParam()});
        FAIL() << "nothing was thrown";
    } catch (const std::out_of_range& e) {
        EXPECT_STREQ(e.what(), "from main");
    }
    EXPECT_EQ(run([] { return 7; }, {.procs = GetParam()}), 7) << "and run can be called again";
}

TEST_P(runtime_test, runs_follow_one_another_with_other_options) {
    for (int i = 0; i < repeated(30); ++i) {
        const int count = 1 + i % 4;
        run(
            [count] {
                EXPECT_EQ(procs(), count);
                EXPECT_EQ(this_goroutine::id(), 1U);
                const auto done = make_chan<unit>();
                for (int each = 0; each < 10; ++each) {
                    go([done] { done.send({}); });
                }
                for (int each = 0; each < 10; ++each) {
                    done.recv();
                }
                yield_until([] { return num_goroutine() == 1; });
            },
            {.procs = count});
    }
}

TEST_P(runtime_test, a_nested_run_is_refused_and_harms_nothing) {
    in_run([] {
        EXPECT_THROW(run([] {}), std::logic_error);
        const auto done = make_chan<bool>();
        go([done] {
            try {
                run([] {});
                done.send(false);
            } catch (const std::logic_error&) {
                done.send(true);
            }
        });
        EXPECT_TRUE(done.recv().value());
    });
    EXPECT_EQ(run([] { return 3; }), 3);
}

TEST_P(runtime_test, a_concurrent_run_is_refused) {
    in_run([] {
        bool refused = false;
        std::thread([&refused] {
            try {
                run([] {});
            } catch (const std::logic_error&) {
                refused = true;
            }
        }).join();
        EXPECT_TRUE(refused);
    });
}

TEST_P(runtime_test, run_may_be_called_from_any_thread) {
    std::thread([this] { in_run([] { EXPECT_EQ(this_goroutine::id(), 1U); }); }).join();
    in_run([] { EXPECT_EQ(this_goroutine::id(), 1U); });
}

TEST_P(runtime_test, outside_run_nothing_is_there) {
    EXPECT_EQ(num_goroutine(), 0U);
    EXPECT_EQ(this_goroutine::id(), 0U);
    EXPECT_GE(procs(), 1);
    EXPECT_EQ(stats().spawned, 0U);
    EXPECT_THROW(go([] {}), std::logic_error);
    EXPECT_EQ(blocking([] { return 5; }), 5);
    yield();
}

TEST_P(runtime_test, closures_that_never_started_are_destroyed) {
    const auto witness = std::make_shared<int>(0);
    struct large {
        std::shared_ptr<int> held;
        char more[200];
        void operator()() const {}
    };
    run(
        [&] {
            // Main ends without a scheduling point: what it started on its own processor has not
            // begun, unless another processor was quicker.
            for (int i = 0; i < 1000; ++i) {
                go([witness] {});
                go(large{witness, {}});
            }
        },
        {.procs = GetParam()});
    EXPECT_EQ(witness.use_count(), 1);
}

TEST_P(runtime_test, goroutines_do_not_survive_main) {
    // Their stacks are not unwound: what they own stays, so that here they own nothing.
    const auto never = make_chan<int>();
    bool went_on = false;
    run(
        [&] {
            for (int i = 0; i < 100; ++i) {
                go([&] {
                    never.recv();
                    went_on = true;
                });
            }
            yield_until_parked(100);
        },
        {.procs = GetParam()});
    EXPECT_FALSE(went_on);
    EXPECT_EQ(num_goroutine(), 0U);
}

TEST_P(runtime_test, run_waits_for_goroutines_that_compute) {
    if (GetParam() == 1) {
        GTEST_SKIP() << "one that computes keeps main from its end";
    }
    std::atomic<bool> computing{false};
    std::atomic<bool> may_end{false};
    std::atomic<bool> ended{false};
    std::thread releaser;
    run(
        [&] {
            go([&] {
                computing = true;
                while (!may_end) {
                    std::this_thread::yield();
                }
                ended = true;
            });
            yield_until([&] { return computing.load(); });
            releaser = std::thread([&] { may_end = true; });
        },
        {.procs = GetParam()});
    EXPECT_TRUE(ended);
    releaser.join();
}

TEST_P(runtime_test, an_active_run_counts_its_goroutines) {
    in_run([this] {
        EXPECT_EQ(procs(), GetParam());
        EXPECT_EQ(num_goroutine(), 1U);
        const auto gate = make_chan<unit>();
        for (int i = 0; i < 300; ++i) {
            go([gate] { gate.recv(); });
        }
        EXPECT_EQ(num_goroutine(), 301U);
        yield_until_parked(300);
        EXPECT_EQ(num_goroutine(), 301U);
        const runtime_stats now = stats();
        EXPECT_EQ(now.live, 301U);
        EXPECT_EQ(now.spawned, now.finished + now.live);
        gate.close();
    });
}

INSTANTIATE_TEST_SUITE_P(procs, runtime_test, processor_counts, testing::PrintToStringParamName());

}  // namespace
}  // namespace weft::sched
