// What a channel does, at every capacity. Elements, runs and stress have files of their own.
#include <weft/chan.hpp>

#include "sched/at_procs.hpp"
#include "sched/panic_of.hpp"

#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <functional>
#include <numeric>
#include <type_traits>
#include <unordered_set>
#include <vector>

namespace weft {
namespace {

using sched::panic_of;
using sched::repeated;
using sched::yield_until_parked;

constexpr std::size_t capacities[] = {0, 1, 2, 3, 16, 128};

class chan_test : public sched::at_procs {};

TEST_P(chan_test, a_receiver_on_an_empty_channel_waits) {
    in_run([] {
        for (const std::size_t cap : capacities) {
            const auto ch = make_chan<int>(cap);
            std::atomic<bool> received{false};
            const std::uint64_t parked = stats().parks;
            go([&] {
                EXPECT_EQ(ch.recv(), 5);
                received = true;
            });
            yield_until_parked(parked + 1);
            EXPECT_FALSE(received);
            ch.send(5);
            sched::yield_until([&] { return received.load(); });
            int untouched = 7;
            EXPECT_EQ(ch.try_recv(untouched), recv_status::empty);
            EXPECT_EQ(untouched, 7);
        }
    });
}

TEST_P(chan_test, a_sender_on_a_full_channel_waits) {
    in_run([] {
        for (const std::size_t cap : capacities) {
            const auto ch = make_chan<int>(cap);
            for (std::size_t i = 0; i < cap; ++i) {
                ch.send(static_cast<int>(i));
            }
            int extra = -1;
            EXPECT_FALSE(ch.try_send(extra));
            std::atomic<bool> sent{false};
            const std::uint64_t parked = stats().parks;
            go([&, cap] {
                ch.send(static_cast<int>(cap));
                sent = true;
            });
            yield_until_parked(parked + 1);
            EXPECT_FALSE(sent);
            EXPECT_EQ(ch.len(), cap);
            for (std::size_t i = 0; i <= cap; ++i) {
                EXPECT_EQ(ch.recv(), static_cast<int>(i));
            }
            sched::yield_until([&] { return sent.load(); });
        }
    });
}

TEST_P(chan_test, values_arrive_in_order) {
    in_run([] {
        for (const std::size_t cap : capacities) {
            const auto ch = make_chan<int>(cap);
            go([ch] {
                for (int i = 0; i < 300; ++i) {
                    ch.send(i);
                }
                ch.close();
            });
            int expected = 0;
            for (int v : ch) {
                ASSERT_EQ(v, expected++);
            }
            EXPECT_EQ(expected, 300);
        }
    });
}

TEST_P(chan_test, who_waits_first_is_served_first) {
    in_run([] {
        const auto receivers = make_chan<int>();
        const auto senders = make_chan<int>();
        constexpr int waiting = 20;
        std::vector<int> got(waiting, -1);
        wait_group all;
        for (int i = 0; i < waiting; ++i) {
            const std::uint64_t parked = stats().parks;
            all.go([&, i] { got[static_cast<std::size_t>(i)] = receivers.recv().value(); });
            yield_until_parked(parked + 1);
        }
        for (int i = 0; i < waiting; ++i) {
            receivers.send(i);
        }
        all.wait();
        for (int i = 0; i < waiting; ++i) {
            EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
        }
        for (int i = 0; i < waiting; ++i) {
            const std::uint64_t parked = stats().parks;
            all.go([&, i] { senders.send(i); });
            yield_until_parked(parked + 1);
        }
        for (int i = 0; i < waiting; ++i) {
            EXPECT_EQ(senders.recv(), i);
        }
        all.wait();
    });
}

TEST_P(chan_test, a_closed_channel_gives_what_it_holds_and_then_nothing_for_ever) {
    in_run([] {
        for (const std::size_t cap : capacities) {
            const auto ch = make_chan<int>(cap);
            for (std::size_t i = 0; i < cap; ++i) {
                ch.send(static_cast<int>(i));
            }
            ch.close();
            for (std::size_t i = 0; i < cap; ++i) {
                int v = -1;
                EXPECT_EQ(i % 2 == 0 ? ch.recv().value() : (ch.try_recv(v), v),
                          static_cast<int>(i));
            }
            for (int i = 0; i < 3; ++i) {
                int untouched = 9;
                EXPECT_FALSE(ch.recv().has_value());
                EXPECT_EQ(ch.try_recv(untouched), recv_status::closed);
                EXPECT_EQ(untouched, 9);
            }
        }
    });
}

TEST_P(chan_test, close_wakes_all_who_wait) {
    in_run([] {
        for (const std::size_t cap : capacities) {
            const auto empty = make_chan<int>(cap);
            const auto full = make_chan<int>(cap);
            for (std::size_t i = 0; i < cap; ++i) {
                full.send(0);
            }
            std::atomic<int> receivers{0};
            std::atomic<int> senders{0};
            const std::uint64_t parked = stats().parks;
            for (int i = 0; i < 10; ++i) {
                go([&, empty] { receivers += empty.recv().has_value() ? 0 : 1; });
                go([&, full] {
                    senders += panic_of([&] { full.send(1); }) == "send on closed channel" ? 1 : 0;
                });
            }
            yield_until_parked(parked + 20);
            empty.close();
            full.close();
            sched::yield_until([&] { return receivers + senders == 20; });
            EXPECT_EQ(full.len(), cap) << "a sender that was woken by close has sent";
        }
    });
}

TEST_P(chan_test, mistakes_panic_with_go_s_texts) {
    in_run([] {
        for (const std::size_t cap : capacities) {
            const auto ch = make_chan<int>(cap);
            ch.close();
            int value = 1;
            EXPECT_EQ(panic_of([&] { ch.send(1); }), "send on closed channel");
            EXPECT_EQ(panic_of([&] { ch.try_send(value); }), "send on closed channel");
            EXPECT_EQ(panic_of([&] { ch.close(); }), "close of closed channel");
        }
        EXPECT_EQ(panic_of([] { chan<int>().close(); }), "close of nil channel");
        const std::size_t most = std::numeric_limits<std::size_t>::max();
        for (const std::size_t cap : {most, most / 2, most / sizeof(std::int64_t)}) {
            EXPECT_EQ(panic_of([cap] { make_chan<std::int64_t>(cap); }),
                      "makechan: size out of range");
        }
    });
}

TEST_P(chan_test, len_and_cap_are_what_is_held_and_what_fits) {
    in_run([] {
        for (const std::size_t cap : capacities) {
            const auto ch = make_chan<int>(cap);
            EXPECT_EQ(ch.cap(), cap);
            for (std::size_t i = 0; i < cap; ++i) {
                EXPECT_EQ(ch.len(), i);
                ch.send(1);
            }
            EXPECT_EQ(ch.len(), cap);
        }
        EXPECT_EQ(chan<int>().cap(), 0U);
        EXPECT_EQ(chan<int>().len(), 0U);
    });
}

TEST_P(chan_test, the_nil_channel_never_proceeds) {
    in_run([] {
        const chan<int> nil;
        int value = 1;
        EXPECT_FALSE(nil);
        EXPECT_FALSE(nil.try_send(value));
        EXPECT_EQ(nil.try_recv(value), recv_status::empty);
        EXPECT_EQ(value, 1);
    });
}

TEST_P(chan_test, handles_of_one_channel_are_equal_in_all_directions) {
    in_run([] {
        const auto a = make_chan<int>();
        const auto b = make_chan<int>();
        const chan<int> copy = a;
        const send_chan<int> sending = a;
        const recv_chan<int> receiving = a;
        EXPECT_TRUE(a == copy && a == sending && sending == receiving);
        EXPECT_FALSE(a == b);
        EXPECT_FALSE(a == chan<int>());
        EXPECT_TRUE(chan<int>() == recv_chan<int>());
        EXPECT_EQ(std::hash<chan<int>>{}(a), std::hash<send_chan<int>>{}(sending));
        EXPECT_EQ(std::hash<chan<int>>{}(a), std::hash<recv_chan<int>>{}(receiving));
        EXPECT_EQ((std::unordered_set<chan<int>>{a, copy, b}).size(), 2U);
    });
}

TEST_P(chan_test, directions_convert_one_way_only) {
    static_assert(std::is_convertible_v<chan<int>, send_chan<int>>);
    static_assert(std::is_convertible_v<chan<int>, recv_chan<int>>);
    static_assert(!std::is_convertible_v<send_chan<int>, chan<int>>);
    static_assert(!std::is_convertible_v<recv_chan<int>, chan<int>>);
    static_assert(!std::is_convertible_v<send_chan<int>, recv_chan<int>>);
    static_assert(!std::is_convertible_v<recv_chan<int>, send_chan<int>>);
    in_run([] {
        const auto ch = make_chan<int>(1);
        const send_chan<int> in = ch;
        const recv_chan<int> out = ch;
        in.send(3);
        in.close();
        for (int v : out) {
            EXPECT_EQ(v, 3);
        }
    });
}

TEST_P(chan_test, a_range_takes_nothing_ahead) {
    in_run([] {
        const auto ch = make_chan<int>(3);
        for (int i = 0; i < 3; ++i) {
            ch.send(i);
        }
        for (int v : ch) {
            EXPECT_EQ(ch.len(), 2U - static_cast<std::size_t>(v));
            if (v == 1) {
                break;
            }
        }
        EXPECT_EQ(ch.recv(), 2);
    });
}

TEST_P(chan_test, a_value_goes_through_a_chain_of_thousands) {
    in_run([] {
        const int length = fiber::sanitized ? 1'000 : 10'000;
        auto first = make_chan<int>();
        auto right = first;
        for (int i = 0; i < length; ++i) {
            const auto left = make_chan<int>();
            go([right, left] { left.send(right.recv().value() + 1); });
            right = left;
        }
        first.send(0);
        EXPECT_EQ(right.recv(), length);
    });
}

TEST_P(chan_test, a_chain_of_filters_finds_the_primes) {
    in_run([] {
        const auto numbers = make_chan<int>();
        go([numbers] {
            for (int i = 2; i < 200; ++i) {
                numbers.send(i);
            }
            numbers.close();
        });
        std::vector<int> primes;
        recv_chan<int> from = numbers;
        while (const std::optional<int> prime = from.recv()) {
            primes.push_back(*prime);
            const auto passed = make_chan<int>();
            go([from, passed, p = *prime] {
                for (int v : from) {
                    if (v % p != 0) {
                        passed.send(v);
                    }
                }
                passed.close();
            });
            from = passed;
        }
        ASSERT_EQ(primes.size(), 46U);
        EXPECT_EQ(std::accumulate(primes.begin(), primes.end(), 0), 4227);
    });
}

INSTANTIATE_TEST_SUITE_P(procs, chan_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
