#include <weft/select.hpp>

#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace weft {
namespace {

using sched::yield_until_parked;
using namespace std::chrono_literals;

class select_test : public sched::at_procs {};

TEST_P(select_test, runs_the_handler_of_the_case_that_can_proceed_and_returns_its_index) {
    in_run([] {
        const auto empty = make_chan<int>();
        const auto holds = make_chan<int>(1);
        const auto has_room = make_chan<int>(1);
        holds.send(7);
        std::optional<int> got;
        EXPECT_EQ(select(on_recv(empty), on_recv(holds, [&](std::optional<int> v) { got = v; })),
                  1U);
        EXPECT_EQ(got, 7);
        bool ran = false;
        EXPECT_EQ(select(on_recv(empty), on_recv(holds), on_send(has_room, 8, [&] { ran = true; })),
                  2U);
        EXPECT_TRUE(ran);
        EXPECT_EQ(has_room.recv(), 8);
    });
}

TEST_P(select_test, handlers_may_be_left_out_take_nothing_or_return_something) {
    in_run([] {
        const auto ch = make_chan<int>(1);
        EXPECT_EQ(select(on_send(ch, 1)), 0U);
        int calls = 0;
        select(on_recv(ch, [&] { return ++calls; }));
        EXPECT_EQ(calls, 1);
        select(on_timeout(0ms, [&] { return ++calls; }));
        select(otherwise([&] { return ++calls; }));
        EXPECT_EQ(calls, 3);
    });
}

TEST_P(select_test, otherwise_runs_only_when_nothing_else_can_wherever_it_stands) {
    in_run([] {
        const auto ch = make_chan<int>(1);
        EXPECT_EQ(select(otherwise(), on_recv(ch)), 0U);
        EXPECT_EQ(select(on_recv(ch), otherwise(), on_recv(chan<int>())), 1U);
        ch.send(1);
        EXPECT_EQ(select(otherwise(), on_recv(ch)), 1U);
        EXPECT_EQ(select(otherwise(), on_send(ch, 2)), 1U);
        EXPECT_EQ(select(on_send(ch, 3), otherwise()), 1U);
    });
}

TEST_P(select_test, a_receiver_that_waits_is_woken_by_a_send) {
    in_run([] {
        const auto a = make_chan<int>();
        const auto b = make_chan<int>();
        const auto out = make_chan<int>(1);
        go([=] {
            out.send(static_cast<int>(
                select(on_recv(a), on_recv(b, [](std::optional<int> v) { EXPECT_EQ(v, 5); }))));
        });
        yield_until_parked(1);
        b.send(5);
        EXPECT_EQ(out.recv(), 1);
        int v = 0;
        EXPECT_FALSE(a.try_send(v)) << "the case that lost still waits";
    });
}

TEST_P(select_test, a_sender_that_waits_is_woken_by_a_receive) {
    in_run([] {
        const auto a = make_chan<std::unique_ptr<int>>();
        const auto b = make_chan<std::unique_ptr<int>>();
        const auto out = make_chan<int>(1);
        go([=] {
            out.send(static_cast<int>(select(on_send(a, std::make_unique<int>(1)),
                                             on_send(b, std::make_unique<int>(2)))));
        });
        yield_until_parked(1);
        EXPECT_EQ(*b.recv().value(), 2);
        EXPECT_EQ(out.recv(), 1);
        std::unique_ptr<int> v;
        EXPECT_EQ(a.try_recv(v), recv_status::empty) << "the case that lost still waits";
    });
}

TEST_P(select_test, close_makes_a_receive_ready_and_a_send_panic) {
    in_run([] {
        const auto received = make_chan<int>();
        const auto sent = make_chan<int>();
        const auto never = make_chan<int>();
        const auto out = make_chan<std::string>(2);
        go([=] {
            select(on_recv(never), on_recv(received, [&](std::optional<int> v) {
                       out.send(v ? "value" : "closed");
                   }));
        });
        yield_until_parked(1);
        received.close();
        EXPECT_EQ(out.recv(), "closed");
        go([=] {
            try {
                select(on_send(sent, 1), on_recv(never));
            } catch (const panic& p) {
                out.send(p.what());
            }
        });
        yield_until_parked(2);
        sent.close();
        EXPECT_EQ(out.recv(), "send on closed channel");
        EXPECT_EQ(select(on_recv(sent, [](std::optional<int> got) { EXPECT_FALSE(got); })), 0U);
        EXPECT_THROW(select(on_send(sent, 1), otherwise()), panic);
    });
}

TEST_P(select_test, nil_channels_never_proceed) {
    in_run([] {
        const chan<int> nil;
        const auto ch = make_chan<int>(1);
        EXPECT_EQ(select(on_recv(nil), on_send(nil, 1), otherwise()), 2U);
        EXPECT_EQ(select(on_recv(nil), on_send(ch, 1), on_send(nil, 1)), 1U);
        EXPECT_EQ(select(on_recv(nil), on_timeout(1ms)), 1U);
    });
}

TEST_P(select_test, ready_cases_are_chosen_uniformly) {
    in_run([] {
        const auto a = make_chan<int>(1);
        const auto b = make_chan<int>(1);
        const auto never = make_chan<int>();
        a.close();
        b.close();
        constexpr int trials = 10'000;
        std::array<int, 6> chosen{};
        for (int i = 0; i < trials; ++i) {
            ++chosen[select(on_recv(never), on_recv(a), on_recv(chan<int>()), on_recv(b),
                            on_timeout(0ms), on_timeout(1h))];
        }
        // A third each; ten standard deviations of a binomial are 471.
        for (const std::size_t ready : {1U, 3U, 4U}) {
            EXPECT_NEAR(chosen[ready], trials / 3, 500);
        }
        EXPECT_EQ(chosen[1] + chosen[3] + chosen[4], trials);
    });
}

TEST_P(select_test, two_sends_to_one_channel_are_both_chosen) {
    in_run([] {
        for (const std::size_t cap : {0U, 100U}) {
            const auto ch = make_chan<int>(cap);
            constexpr int count = 400;
            go([ch] {
                for (int i = 0; i < count; ++i) {
                    select(on_send(ch, 0), on_send(ch, 1));
                }
                ch.close();
            });
            int ones = 0;
            for (int v : ch) {
                ones += v;
            }
            EXPECT_GT(ones, count / 10);
            EXPECT_LT(ones, count - count / 10);
        }
    });
}

TEST_P(select_test, a_goroutine_never_meets_itself) {
    in_run([] {
        const auto ch = make_chan<int>();
        EXPECT_EQ(select(on_send(ch, 1), on_recv(ch), otherwise()), 2U);
        EXPECT_EQ(select(on_send(ch, 1), on_recv(ch), on_timeout(1ms)), 2U);
    });
}

TEST_P(select_test, one_channel_may_stand_in_several_cases) {
    in_run([] {
        const auto twice = make_chan<int>();
        const auto other = make_chan<int>();
        const auto out = make_chan<std::size_t>(1);
        go([=] { out.send(select(on_recv(twice), on_recv(twice), on_recv(other))); });
        yield_until_parked(1);
        other.send(1);
        EXPECT_EQ(out.recv(), 2U);
        // Both places in `twice` are gone: a later receiver is found.
        go([=] { out.send(static_cast<std::size_t>(twice.recv().value())); });
        twice.send(8);
        EXPECT_EQ(out.recv(), 8U);
    });
}

TEST_P(select_test, leaving_the_middle_of_a_queue_keeps_the_queue) {
    in_run([] {
        const auto shared = make_chan<int>();
        const auto leave = make_chan<int>();
        const auto out = make_chan<int>(8);
        std::uint64_t parked = stats().parks;
        for (int i = 0; i < 3; ++i) {
            go([=] {
                if (i == 1) {
                    select(on_recv(shared), on_recv(leave));
                    out.send(100);
                } else {
                    out.send(10 * i + shared.recv().value());
                }
            });
            yield_until_parked(++parked);
        }
        leave.send(1);
        EXPECT_EQ(out.recv(), 100);
        shared.send(1);
        EXPECT_EQ(out.recv(), 1);
        shared.send(2);
        EXPECT_EQ(out.recv(), 22);
    });
}

TEST_P(select_test, a_timeout_fires_when_nothing_else_can_and_never_early) {
    in_run([] {
        const auto begin = now();
        EXPECT_EQ(select(on_recv(make_chan<int>()), on_timeout(3ms)), 1U);
        EXPECT_GE(now() - begin, 3ms);
        EXPECT_EQ(select(on_timeout(1ms)), 0U);
        EXPECT_EQ(select(on_timeout(-5s)), 0U);
        EXPECT_EQ(select(on_timeout(1h), on_timeout(1ms), on_timeout(1h)), 1U);
        EXPECT_EQ(select(on_timeout(std::chrono::hours::max()), on_timeout(1ms)), 1U);
    });
}

TEST_P(select_test, a_timeout_that_was_not_needed_is_gone) {
    in_run([] {
        const auto ch = make_chan<int>();
        go([ch] { EXPECT_EQ(select(on_recv(ch), on_timeout(1h)), 0U); });
        yield_until_parked(1);
        ch.send(1);
        sched::yield_until([] { return num_goroutine() == 1; });
        EXPECT_EQ(stats().timers_live, 0U);
    });
}

TEST_P(select_test, what_a_handler_throws_leaves_select) {
    in_run([] {
        const auto ch = make_chan<int>(1);
        EXPECT_THROW(select(on_send(ch, 1, [] { throw std::runtime_error("handler"); })),
                     std::runtime_error);
        EXPECT_EQ(ch.recv(), 1) << "the send itself happened";
        EXPECT_THROW(select(otherwise([] { throw std::logic_error("handler"); })),
                     std::logic_error);
    });
}

TEST_P(select_test, a_handler_may_block_and_select_again) {
    in_run([] {
        const auto a = make_chan<int>();
        const auto b = make_chan<int>();
        go([=] {
            a.send(1);
            b.send(2);
        });
        int sum = 0;
        select(on_recv(a, [&](std::optional<int> first) {
            select(on_recv(a), on_recv(b, [&](std::optional<int> second) {
                       sum = first.value() * 10 + second.value();
                   }));
        }));
        EXPECT_EQ(sum, 12);
    });
}

TEST_P(select_test, a_value_is_evaluated_once_for_each_pass_chosen_or_not) {
    in_run([] {
        const chan<int> nil;
        const auto ch = make_chan<int>(1);
        int evaluated = 0;
        const auto next = [&evaluated] { return ++evaluated; };
        select(on_send(nil, next()), on_send(ch, next()));
        EXPECT_EQ(evaluated, 2);
        EXPECT_GT(ch.recv(), 0);
    });
}

TEST_P(select_test, many_cases_work_as_few_do) {
    in_run([] {
        std::array<chan<int>, 8> all;
        for (auto& each : all) {
            each = make_chan<int>(1);
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i].send(1);
            EXPECT_EQ(select(on_recv(all[0]), on_recv(all[1]), on_recv(all[2]), on_recv(all[3]),
                             on_recv(all[4]), on_recv(all[5]), on_recv(all[6]), on_recv(all[7])),
                      i);
        }
    });
}

INSTANTIATE_TEST_SUITE_P(procs, select_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
