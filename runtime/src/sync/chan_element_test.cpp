// What travels through channels: any movable type, each object constructed and destroyed once.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft {
namespace {

class chan_element_test : public sched::at_procs {};

TEST_P(chan_element_test, the_empty_value_travels) {
    in_run([] {
        for (const std::size_t cap : {0U, 1U, 5U}) {
            const auto ch = make_chan<unit>(cap);
            go([ch] {
                for (int i = 0; i < 10; ++i) {
                    ch.send({});
                }
                ch.close();
            });
            int count = 0;
            for ([[maybe_unused]] unit each : ch) {
                ++count;
            }
            EXPECT_EQ(count, 10);
        }
    });
}

TEST_P(chan_element_test, what_can_only_be_moved_travels) {
    in_run([] {
        for (const std::size_t cap : {0U, 1U, 5U}) {
            const auto ch = make_chan<std::unique_ptr<int>>(cap);
            go([ch] {
                for (int i = 0; i < 50; ++i) {
                    ch.send(std::make_unique<int>(i));
                }
                ch.close();
            });
            int expected = 0;
            for (std::unique_ptr<int> v : ch) {
                ASSERT_EQ(*v, expected++);
            }
            EXPECT_EQ(expected, 50);
        }
    });
}

TEST_P(chan_element_test, a_value_that_was_not_sent_is_still_the_caller_s) {
    in_run([] {
        const auto ch = make_chan<std::unique_ptr<int>>(1);
        auto first = std::make_unique<int>(1);
        auto second = std::make_unique<int>(2);
        EXPECT_TRUE(ch.try_send(first));
        EXPECT_EQ(first, nullptr);
        EXPECT_FALSE(ch.try_send(second));
        ASSERT_NE(second, nullptr);
        ch.close();
        EXPECT_ANY_THROW(ch.try_send(second));
        ASSERT_NE(second, nullptr);
        EXPECT_EQ(*second, 2);
    });
}

struct alignas(64) aligned_value {
    int value = 0;
};

TEST_P(chan_element_test, alignment_is_kept) {
    in_run([] {
        for (const std::size_t cap : {0U, 3U}) {
            const auto ch = make_chan<aligned_value>(cap);
            go([ch] {
                for (int i = 0; i < 9; ++i) {
                    ch.send(aligned_value{i});
                }
                ch.close();
            });
            int expected = 0;
            for (const aligned_value& v : ch) {
                EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&v) % 64, 0U);
                EXPECT_EQ(v.value, expected++);
            }
            EXPECT_EQ(expected, 9);
        }
    });
}

TEST_P(chan_element_test, large_values_arrive_whole) {
    in_run([] {
        using block = std::array<int, 1000>;
        const auto ch = make_chan<block>(2);
        go([ch] {
            block b{};
            for (int i = 0; i < 20; ++i) {
                b.fill(i);
                ch.send(b);
            }
            ch.close();
        });
        int expected = 0;
        for (const block& b : ch) {
            for (const int each : b) {
                ASSERT_EQ(each, expected);
            }
            ++expected;
        }
        EXPECT_EQ(expected, 20);
    });
}

/// Counts its living objects.
class counted {
public:
    explicit counted(std::atomic<int>& living) : living_(&living) { ++*living_; }
    counted(counted&& other) noexcept : living_(other.living_) { ++*living_; }
    counted& operator=(counted&&) noexcept = default;
    ~counted() { --*living_; }

private:
    std::atomic<int>* living_;
};

TEST_P(chan_element_test, every_element_is_destroyed_once) {
    std::atomic<int> living{0};
    in_run([&living] {
        for (const std::size_t cap : {0U, 1U, 7U}) {
            const auto ch = make_chan<counted>(cap);
            wait_group all;
            for (int i = 0; i < 4; ++i) {
                all.go([&] {
                    for (int n = 0; n < 100; ++n) {
                        ch.send(counted(living));
                    }
                });
            }
            for (int n = 0; n < 400; ++n) {
                if (n % 2 == 0) {
                    EXPECT_TRUE(ch.recv().has_value());
                } else {
                    select(on_recv(ch));
                }
            }
            all.wait();
            EXPECT_EQ(living, 0);
        }
    });
}

TEST_P(chan_element_test, the_last_handle_destroys_what_the_channel_holds) {
    std::atomic<int> living{0};
    in_run([&living] {
        auto ch = make_chan<counted>(5);
        const auto turn = [&ch, &living] {
            ch.send(counted(living));
            ch.send(counted(living));
            ch.recv();
        };
        turn();
        turn();
        turn();
        EXPECT_EQ(living, 3);
        recv_chan<counted> other = ch;
        ch = {};
        EXPECT_EQ(living, 3);
        other = {};
        EXPECT_EQ(living, 0);
    });
}

TEST_P(chan_element_test, senders_that_close_wakes_destroy_their_values) {
    std::atomic<int> living{0};
    in_run([&living] {
        const auto ch = make_chan<counted>();
        wait_group all;
        const std::uint64_t parked = stats().parks;
        for (int i = 0; i < 5; ++i) {
            all.go([&] { EXPECT_ANY_THROW(ch.send(counted(living))); });
        }
        sched::yield_until_parked(parked + 5);
        ch.close();
        all.wait();
        EXPECT_EQ(living, 0);
    });
}

/// Throws out of a chosen move.
class fragile {
public:
    explicit fragile(int value) : value_(value) {}
    fragile(fragile&& other) : value_(other.value_) {
        if (moves_until_throw > 0 && --moves_until_throw == 0) {
            throw std::runtime_error("refused to move");
        }
    }
    fragile& operator=(fragile&& other) {
        value_ = other.value_;
        return *this;
    }
    int value() const { return value_; }

    static inline std::atomic<int> moves_until_throw{0};

private:
    int value_;
};

TEST_P(chan_element_test, a_move_that_throws_leaves_the_channel_whole) {
    in_run([] {
        for (const std::size_t cap : {1U, 4U}) {
            // Whichever move of the journey throws, what is sent afterwards arrives in order.
            for (int moves = 1; moves < 6; ++moves) {
                const auto ch = make_chan<fragile>(cap);
                fragile::moves_until_throw = moves;
                bool sent = false;
                try {
                    ch.send(fragile(1));
                    sent = true;
                    ch.recv();
                } catch (const std::runtime_error&) {
                }
                fragile::moves_until_throw = 0;
                EXPECT_EQ(ch.len(), 0U) << (sent ? "the receiver's" : "the sender's") << " move";
                ch.send(fragile(2));
                EXPECT_EQ(ch.recv()->value(), 2);
            }
        }
    });
}

TEST_P(chan_element_test, a_select_s_value_that_was_not_chosen_is_destroyed) {
    std::atomic<int> living{0};
    in_run([&living] {
        const auto full = make_chan<counted>();
        const auto ready = make_chan<int>(1);
        ready.send(1);
        EXPECT_EQ(select(on_send(full, counted(living)), on_recv(ready)), 1U);
        EXPECT_EQ(living, 0);
    });
}

TEST_P(chan_element_test, channels_travel_through_channels) {
    in_run([] {
        const auto requests = make_chan<chan<std::string>>();
        go([requests] {
            for (const chan<std::string>& answer : requests) {
                answer.send("answer");
            }
        });
        for (int i = 0; i < 20; ++i) {
            const auto answer = make_chan<std::string>();
            requests.send(answer);
            EXPECT_EQ(answer.recv(), "answer");
        }
        requests.close();
    });
}

INSTANTIATE_TEST_SUITE_P(procs, chan_element_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
