// What Go promises and the tests of the single parts do not ask: see docs/conformance.md.
#include "sched/at_procs.hpp"

#include <weft/weft.hpp>

#include <gtest/gtest.h>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weft {
namespace {

using sched::repeated;
using namespace std::chrono_literals;

class conformance_test : public sched::at_procs {};

// The rules of Go's memory model. What they order is plain data, so that the thread sanitizer
// objects where a rule does not hold.

TEST_P(conformance_test, a_send_comes_before_the_receive_of_its_value) {
    in_run([] {
        for (const std::size_t cap : {0U, 1U, 8U}) {
            const int rounds = repeated(2'000);
            const auto numbers = make_chan<int*>(cap);
            std::vector<int> plain(static_cast<std::size_t>(rounds));
            go([&plain, numbers] {
                for (int& each : plain) {
                    each = 7;
                    numbers.send(&each);
                }
                numbers.close();
            });
            for (const int* each : numbers) {
                ASSERT_EQ(*each, 7);
            }
        }
    });
}

TEST_P(conformance_test, a_close_comes_before_a_receive_that_finds_it) {
    in_run([] {
        for (int round = 0; round < repeated(1'000); ++round) {
            const auto ended = make_chan<unit>();
            int plain = 0;
            go([&plain, ended] {
                plain = 1;
                ended.close();
            });
            EXPECT_FALSE(ended.recv());
            ASSERT_EQ(plain, 1);
        }
    });
}

TEST_P(conformance_test, an_unbuffered_receive_comes_before_the_end_of_its_send) {
    in_run([] {
        for (int round = 0; round < repeated(1'000); ++round) {
            const auto taken = make_chan<unit>();
            int plain = 0;
            go([&plain, taken] {
                plain = 1;
                taken.recv();
            });
            taken.send({});
            ASSERT_EQ(plain, 1);
        }
    });
}

TEST_P(conformance_test, a_receive_comes_before_the_send_that_needs_its_place) {
    in_run([] {
        const auto place = make_chan<unit>(1);
        int plain = 0;
        wait_group all;
        for (int i = 0; i < 8; ++i) {
            all.go([&plain, place] {
                for (int n = 0; n < repeated(500); ++n) {
                    place.send({});
                    ++plain;
                    place.recv();
                }
            });
        }
        all.wait();
        EXPECT_EQ(plain, 8 * repeated(500));
    });
}

TEST_P(conformance_test, of_a_ready_receive_and_a_send_on_a_closed_channel_either_is_chosen) {
    in_run([] {
        const auto closed = make_chan<int>();
        closed.close();
        int received = 0;
        int panics = 0;
        for (int trial = 0; trial < 1'000; ++trial) {
            try {
                select(on_send(closed, 1), on_recv(closed));
                ++received;
            } catch (const panic& p) {
                EXPECT_STREQ(p.what(), "send on closed channel");
                ++panics;
            }
        }
        EXPECT_GT(received, 250);
        EXPECT_GT(panics, 250);
    });
}

TEST_P(conformance_test, a_case_is_switched_off_by_the_nil_channel) {
    in_run([] {
        const auto fed = [](int from, int to) {
            const auto out = make_chan<int>();
            go([=] {
                for (int value = from; value < to; ++value) {
                    out.send(value);
                }
                out.close();
            });
            return out;
        };
        chan<int> left = fed(0, 50);
        chan<int> right = fed(50, 100);
        int sum = 0;
        const auto take = [&sum](chan<int>& from, std::optional<int> value) {
            if (value) {
                sum += *value;
            } else {
                from = chan<int>();
            }
        };
        while (left || right) {
            select(on_recv(left, [&](std::optional<int> value) { take(left, value); }),
                   on_recv(right, [&](std::optional<int> value) { take(right, value); }));
        }
        EXPECT_EQ(sum, 4950);
    });
}

TEST_P(conformance_test, a_select_takes_what_a_closed_channel_still_holds) {
    in_run([] {
        const auto ch = make_chan<int>(3);
        for (int value = 0; value < 3; ++value) {
            ch.send(value);
        }
        ch.close();
        for (int expected = 0; expected < 3; ++expected) {
            select(on_recv(ch, [&](std::optional<int> value) { EXPECT_EQ(value, expected); }));
        }
        select(on_recv(ch, [](std::optional<int> value) { EXPECT_FALSE(value); }));
    });
}

TEST_P(conformance_test, a_stopped_ticker_s_channel_is_not_closed) {
    in_run([] {
        ticker stopped(1h);
        stopped.stop();
        time_point untouched;
        EXPECT_EQ(stopped.chan().try_recv(untouched), recv_status::empty);
        EXPECT_EQ(select(on_recv(stopped.chan()), on_timeout(1ms)), 1U);
    });
}

TEST_P(conformance_test, registrations_of_after_func_do_not_know_each_other) {
    in_run([] {
        auto [ctx, cancel] = with_cancel(background());
        std::atomic<int> calls{0};
        const stop_func first = after_func(ctx, [&calls] { calls += 1; });
        const stop_func second = after_func(ctx, [&calls] { calls += 10; });
        EXPECT_TRUE(first());
        EXPECT_FALSE(first());
        cancel();
        EXPECT_FALSE(second());
        sched::yield_until([&calls] { return calls == 10; });
        after_func(ctx, [&calls] { calls += 100; });
        sched::yield_until([&calls] { return calls == 110; });
    });
}

TEST_P(conformance_test, a_wait_group_waits_for_what_its_goroutines_wrote) {
    in_run([] {
        for (int round = 0; round < repeated(200); ++round) {
            std::array<int, 8> plain{};
            wait_group all;
            for (int& each : plain) {
                all.go([&each] { each = 1; });
            }
            all.wait();
            for (const int each : plain) {
                ASSERT_EQ(each, 1);
            }
        }
    });
}

INSTANTIATE_TEST_SUITE_P(procs, conformance_test, sched::processor_counts,
                         testing::PrintToStringParamName());

/// Whether a goroutine that was started on the only processor runs before `body` has ended. A busy
/// machine may keep `body` from its thread for so long that its processor is taken; that is no
/// answer.
template <class F>
bool lets_others_run(F body) {
    std::atomic<bool> ran{false};
    bool let = false;
    bool taken = true;
    while (taken) {
        run(
            [&] {
                ran = false;
                wait_group other;
                other.go([&ran] { ran = true; });
                body();
                let = ran;
                taken = stats().retakes != 0;
                other.wait();
            },
            {.procs = 1});
    }
    EXPECT_TRUE(ran);
    return let;
}

TEST(conformance_order_test, sleeping_for_no_time_lets_nobody_run) {
    EXPECT_FALSE(lets_others_run([] {
        sleep(0s);
        sleep(-1s);
    }));
    EXPECT_TRUE(lets_others_run([] { sleep(1ms); }));
}

TEST(conformance_order_test, starting_a_goroutine_lets_nobody_run) {
    EXPECT_FALSE(lets_others_run([] {}));
    EXPECT_TRUE(lets_others_run([] { yield(); }));
}

TEST(conformance_report_test, a_range_over_the_nil_channel_waits_for_ever) {
    std::string report;
    try {
        run(
            [] {
                for (const int value : chan<int>()) {
                    FAIL() << value;
                }
            },
            {.on_deadlock = on_deadlock::throw_error});
    } catch (const deadlock_error& e) {
        report = e.what();
    }
    EXPECT_NE(report.find("goroutine 1 [chan receive (nil chan)]:"), std::string::npos) << report;
}

TEST(conformance_report_test, an_empty_function_is_a_panic_of_its_goroutine) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(run([] {
                    go(std::function<void()>());
                    select();
                }),
                testing::ExitedWithCode(2),
                testing::ContainsRegex("^panic: std::bad_function_call: .*\n\ngoroutine 2 "));
}

}  // namespace
}  // namespace weft
