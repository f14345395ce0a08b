// Goroutines: starting, yielding, identity, order and fairness.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

class goroutine_test : public at_procs {};

std::atomic<int> function_calls{0};
void plain_function() {
    ++function_calls;
}

TEST_P(goroutine_test, anything_callable_can_be_started) {
    in_run([] {
        function_calls = 0;
        std::atomic<int> calls{0};
        wait_group started;
        started.add(5);
        const auto count = [&] {
            ++calls;
            started.done();
        };
        go(count);
        go([&count] { count(); });
        go([owned = std::make_unique<int>(1), &count] {
            EXPECT_EQ(*owned, 1);
            count();
        });
        go([big = std::string(100, 'x'), more = std::array<char, 200>{}, &count]() mutable {
            more[199] = 'y';
            EXPECT_EQ(big.size(), 100U);
            count();
        });
        struct alignas(64) aligned {
            const decltype(count)* then;
            void operator()() const {
                EXPECT_EQ(reinterpret_cast<std::uintptr_t>(this) % 64, 0U);
                (*then)();
            }
        };
        go(aligned{&count});
        go(plain_function);
        go(&plain_function);
        started.wait();
        yield_until([] { return function_calls == 2; });
        EXPECT_EQ(calls, 5);
    });
}

TEST_P(goroutine_test, a_closure_lives_as_long_as_its_goroutine) {
    in_run([] {
        const auto witness = std::make_shared<int>(0);
        const auto gate = make_chan<unit>();
        go([witness, gate] { gate.recv(); });
        yield_until_parked(1);
        EXPECT_EQ(witness.use_count(), 2);
        gate.send({});
        yield_until([&] { return witness.use_count() == 1; });
    });
}

TEST_P(goroutine_test, a_closure_that_cannot_be_copied_in_starts_nothing) {
    struct refusing {
        refusing() = default;
        refusing(const refusing&) { throw std::runtime_error("no copy"); }
        void operator()() const { ADD_FAILURE() << "it was started"; }
    };
    in_run([] {
        const refusing closure;
        for (int i = 0; i < 600; ++i) {
            EXPECT_THROW(go(closure), std::runtime_error);
        }
        EXPECT_EQ(num_goroutine(), 1U);
    });
}

TEST_P(goroutine_test, ids_are_unique_and_main_is_1) {
    in_run([] {
        EXPECT_EQ(this_goroutine::id(), 1U);
        constexpr int count = 2000;
        const auto ids = make_chan<std::uint64_t>(count);
        for (int i = 0; i < count; ++i) {
            go([ids] {
                const std::uint64_t before = this_goroutine::id();
                yield();
                EXPECT_EQ(this_goroutine::id(), before);
                ids.send(before);
            });
        }
        std::set<std::uint64_t> seen{1};
        for (int i = 0; i < count; ++i) {
            EXPECT_TRUE(seen.insert(ids.recv().value()).second);
        }
    });
}

TEST_P(goroutine_test, what_happened_before_go_is_visible_to_the_goroutine) {
    in_run([] {
        for (int i = 0; i < repeated(2000); ++i) {
            int plain = i;
            const auto back = make_chan<unit>();
            go([&plain, back, i] {
                EXPECT_EQ(plain, i);
                plain = -1;
                back.send({});
            });
            back.recv();
            EXPECT_EQ(plain, -1);
        }
    });
}

TEST_P(goroutine_test, a_goroutine_starts_goroutines) {
    in_run([] {
        wait_group all;
        std::atomic<int> leaves{0};
        struct tree {
            static void grow(wait_group& all, std::atomic<int>& leaves, int depth) {
                if (depth == 0) {
                    ++leaves;
                    return;
                }
                for (int i = 0; i < 2; ++i) {
                    all.go([&all, &leaves, depth] { grow(all, leaves, depth - 1); });
                }
            }
        };
        const int depth = fiber::sanitized ? 9 : 13;
        tree::grow(all, leaves, depth);
        all.wait();
        EXPECT_EQ(leaves, 1 << depth);
    });
}

TEST_P(goroutine_test, a_storm_of_spawns_runs_each_exactly_once) {
    in_run([] {
        const int count = repeated(100'000);
        std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
        wait_group all;
        for (auto& each : runs) {
            all.go([&each] { ++each; });
        }
        all.wait();
        for (auto& each : runs) {
            ASSERT_EQ(each, 1);
        }
    });
}

TEST_P(goroutine_test, yielding_while_waiting_for_a_flag_stops_nobody) {
    in_run([] {
        const auto gate = make_chan<unit>();
        std::atomic<bool> over{false};
        wait_group all;
        all.go([&] {
            unit got;
            while (gate.try_recv(got) == recv_status::empty) {
                yield();
            }
            over = true;
        });
        for (int i = 0; i < 10; ++i) {
            yield();
        }
        gate.close();
        all.wait();
        EXPECT_TRUE(over);
    });
}

TEST_P(goroutine_test, a_pair_that_hands_off_for_ever_starves_nobody) {
    in_run([] {
        const auto ping = make_chan<unit>();
        const auto pong = make_chan<unit>();
        std::atomic<bool> over{false};
        wait_group all;
        all.go([&] {
            while (!over) {
                ping.send({});
                pong.recv();
            }
            ping.close();
        });
        all.go([&] {
            while (ping.recv()) {
                pong.send({});
            }
        });
        for (int i = 0; i < 100; ++i) {
            yield();
        }
        over = true;
        all.wait();
    });
}

TEST_P(goroutine_test, as_many_goroutines_run_at_once_as_there_are_processors) {
    if (GetParam() > 3) {
        return;  // strict rotation among more threads than CPUs takes a time slice for each step
    }
    in_run([this] {
        const int parties = GetParam();
        for (int round = 0; round < 10; ++round) {
            std::atomic<int> turn{0};
            wait_group all;
            for (int mine = 0; mine < parties; ++mine) {
                all.go([&turn, mine, parties] {
                    for (int step = 0; step < 3; ++step) {
                        // No scheduling point: the others must have processors of their own.
                        while (turn.load() != step * parties + mine) {
                            std::this_thread::yield();
                        }
                        turn.fetch_add(1);
                    }
                });
            }
            // Main's own processor is free for one of them while it waits.
            all.wait();
        }
    });
}

TEST(goroutine_order_test, on_one_processor_the_newest_runs_first_then_the_others_in_order) {
    std::vector<int> order;
    run(
        [&order] {
            wait_group all;
            for (int i = 0; i < 4; ++i) {
                all.go([&order, i] { order.push_back(i); });
            }
            all.wait();
        },
        {.procs = 1});
    EXPECT_EQ(order, (std::vector<int>{3, 0, 1, 2}));
}

TEST(goroutine_order_test, on_one_processor_yield_goes_to_the_end_of_the_queue) {
    std::vector<std::string> order;
    run(
        [&order] {
            wait_group all;
            for (const char* name : {"a", "b"}) {
                all.go([&order, name] {
                    for (int i = 0; i < 3; ++i) {
                        order.emplace_back(name);
                        yield();
                    }
                });
            }
            all.wait();
        },
        {.procs = 1});
    EXPECT_EQ(order, (std::vector<std::string>{"b", "a", "b", "a", "b", "a"}));
}

INSTANTIATE_TEST_SUITE_P(procs, goroutine_test, processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft::sched
