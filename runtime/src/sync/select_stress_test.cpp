#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

namespace weft {
namespace {

using sched::repeated;
using namespace std::chrono_literals;

class select_stress_test : public sched::at_procs {};

constexpr std::size_t channels = 4;
using channel_set = std::array<chan<int>, channels>;

/// Counts a channel down; the last operation makes it nil, so that select no longer chooses it.
class countdown {
public:
    countdown(const channel_set& all, int each) : open(all) { left_.fill(each); }
    void one_less(std::size_t i) {
        if (--left_[i] == 0) {
            open[i] = {};
            --channels_left_;
        }
    }
    bool over() const { return channels_left_ == 0; }

    channel_set open;

private:
    std::array<int, channels> left_{};
    std::size_t channels_left_ = channels;
};

TEST_P(select_stress_test, plain_and_selecting_parties_meet_on_every_channel) {
    in_run([] {
        const channel_set all{make_chan<int>(), make_chan<int>(), make_chan<int>(2),
                              make_chan<int>(3)};
        const int each = repeated(5'000);
        wait_group parties;
        for (const chan<int>& ch : all) {
            parties.go([ch, each] {
                for (int i = 0; i < each; ++i) {
                    ch.send(0);
                }
            });
            parties.go([ch, each] {
                for (int i = 0; i < each; ++i) {
                    ch.recv();
                }
            });
        }
        parties.go([&all, each] {
            for (countdown left(all, each); !left.over();) {
                left.one_less(select(on_send(left.open[0], 0), on_send(left.open[1], 0),
                                     on_send(left.open[2], 0), on_send(left.open[3], 0)));
            }
        });
        parties.go([&all, each] {
            for (countdown left(all, each); !left.over();) {
                left.one_less(select(on_recv(left.open[0]), on_recv(left.open[1]),
                                     on_recv(left.open[2]), on_recv(left.open[3])));
            }
        });
        parties.wait();
        for (const chan<int>& ch : all) {
            EXPECT_EQ(ch.len(), 0U) << "as many were received as were sent";
        }
    });
}

TEST_P(select_stress_test, send_and_receive_on_one_channel_meet_others_only) {
    in_run([] {
        for (const std::size_t cap : {0U, 10U}) {
            const auto ch = make_chan<int>(cap);
            wait_group both;
            for (int mine = 0; mine < 2; ++mine) {
                both.go([&, mine, cap] {
                    for (int i = 0; i < repeated(1'000); ++i) {
                        if (mine == 0 || i % 2 == 0) {
                            select(on_send(ch, mine), on_recv(ch, [&](std::optional<int> v) {
                                       EXPECT_TRUE(cap > 0 || v != mine) << "met itself";
                                   }));
                        } else {
                            select(on_recv(ch,
                                           [&](std::optional<int> v) {
                                               EXPECT_TRUE(cap > 0 || v != mine) << "met itself";
                                           }),
                                   on_send(ch, mine));
                        }
                    }
                });
            }
            both.wait();
        }
    });
}

TEST_P(select_stress_test, one_select_completes_one_send) {
    in_run([] {
        const channel_set from{make_chan<int>(), make_chan<int>(), make_chan<int>(),
                               make_chan<int>()};
        const auto merged = make_chan<int>();
        const int count = repeated(20'000);
        wait_group forwarding;
        for (const chan<int>& ch : from) {
            forwarding.go([ch, merged] {
                for (int v : ch) {
                    merged.send(v);
                }
            });
        }
        go([&from, count] {
            for (int i = 0; i < count; ++i) {
                select(on_send(from[0], i), on_send(from[1], i), on_send(from[2], i),
                       on_send(from[3], i));
            }
            for (const chan<int>& ch : from) {
                ch.close();
            }
        });
        go([&] {
            forwarding.wait();
            merged.close();
        });
        std::vector<int> seen(static_cast<std::size_t>(count));
        for (int v : merged) {
            ASSERT_EQ(++seen[static_cast<std::size_t>(v)], 1) << "sent twice: " << v;
        }
        for (const int times : seen) {
            ASSERT_EQ(times, 1);
        }
    });
}

TEST_P(select_stress_test, readiness_of_all_cases_is_judged_at_one_instant) {
    in_run([] {
        for (const bool by_close : {false, true}) {
            for (int i = 0; i < repeated(5'000); ++i) {
                const auto first = make_chan<int>(1);
                const auto second = make_chan<int>(1);
                first.send(1);
                wait_group looking;
                std::atomic<bool> failed{false};
                looking.go([&] {
                    select(on_recv(first), on_recv(second),
                           otherwise([&failed] { failed = true; }));
                });
                // One of the two is ready at every moment until the other side has chosen.
                by_close ? second.close() : second.send(1);
                select(on_recv(first), otherwise());
                looking.wait();
                ASSERT_FALSE(failed);
            }
        }
    });
}

TEST_P(select_stress_test, timeouts_race_with_sends) {
    in_run([] {
        const auto ch = make_chan<int>();
        const int count = repeated(5'000);
        wait_group sending;
        std::atomic<int> received{0};
        std::atomic<bool> over{false};
        for (int r = 0; r < 3; ++r) {
            go([&, r] {
                while (!over) {
                    select(on_recv(ch, [&](std::optional<int> v) { received += v ? 1 : 0; }),
                           on_timeout(std::chrono::microseconds(5 * r + 1)));
                }
            });
        }
        for (int s = 0; s < 2; ++s) {
            sending.go([&, s] {
                for (int sent = 0; sent < count;) {
                    sent += select(on_send(ch, sent),
                                   on_timeout(std::chrono::microseconds(7 * s + 2))) == 0
                                ? 1
                                : 0;
                }
            });
        }
        sending.wait();
        over = true;
        sched::yield_until([] { return num_goroutine() == 1; });
        EXPECT_EQ(received, 2 * count);
        EXPECT_EQ(stats().timers_live, 0U);
    });
}

TEST_P(select_stress_test, a_timer_s_channel_races_with_a_timeout) {
    in_run([] {
        wait_group all;
        for (int i = 0; i < 4; ++i) {
            all.go([i] {
                for (int n = 0; n < repeated(3'000); ++n) {
                    const auto timer = after(std::chrono::microseconds(1 + (n + i) % 5));
                    select(on_recv(timer), on_timeout(std::chrono::microseconds(1 + n % 5)));
                }
            });
        }
        all.wait();
    });
}

TEST_P(select_stress_test, close_races_with_selects) {
    in_run([] {
        for (int round = 0; round < repeated(500); ++round) {
            const auto a = make_chan<int>();
            const auto b = make_chan<int>(1);
            wait_group all;
            for (int i = 0; i < 4; ++i) {
                all.go([&] {
                    for (bool open = true; open;) {
                        select(on_recv(a, [&](std::optional<int> v) { open = v.has_value(); }),
                               on_recv(b, [&](std::optional<int> v) { open = v.has_value(); }),
                               on_timeout(1h));
                    }
                });
            }
            a.send(1);
            b.send(1);
            (round % 2 == 0 ? a : b).close();
            all.wait();
        }
    });
}

TEST_P(select_stress_test, threads_select_among_goroutines) {
    in_run([] {
        const auto a = make_chan<int>();
        const auto b = make_chan<int>(2);
        const int each = repeated(1'000);
        std::atomic<int> received{0};
        const auto send = [=] {
            for (int i = 0; i < each; ++i) {
                select(on_send(a, i), on_send(b, i));
            }
        };
        const auto receive = [=, &received] {
            for (int i = 0; i < each; ++i) {
                select(on_recv(a), on_recv(b), on_timeout(1h));
                ++received;
            }
        };
        wait_group all;
        all.go(send);
        all.go(receive);
        std::thread sender(send);
        std::thread receiver(receive);
        all.wait();
        blocking([&] {
            sender.join();
            receiver.join();
        });
        EXPECT_EQ(received, 2 * each);
        EXPECT_EQ(b.len(), 0U);
    });
}

TEST_P(select_stress_test, a_timeout_alone_may_fire_before_its_arming_has_returned) {
    in_run([] {
        for (int i = 0; i < repeated(200); ++i) {
            wait_group all;
            for (int n = 0; n < 20; ++n) {
                all.go([] { EXPECT_EQ(select(on_timeout(std::chrono::nanoseconds(1))), 0U); });
            }
            all.wait();
        }
    });
}

INSTANTIATE_TEST_SUITE_P(procs, select_stress_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
