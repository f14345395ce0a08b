// The hunt for lost wake-ups: at every moment exactly one goroutine can go on, all others are
// parked and the processors are going to sleep. One wake-up that is lost ends everything: the run
// reports a deadlock, or hangs until ctest ends it.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

class lost_wakeup_test : public at_procs {};

TEST_P(lost_wakeup_test, a_token_hops_around_a_ring) {
    in_run([] {
        constexpr std::size_t members = 7;
        std::vector<chan<int>> ring(members);
        for (chan<int>& each : ring) {
            each = make_chan<int>();
        }
        const auto arrived = make_chan<unit>();
        for (std::size_t i = 0; i < members; ++i) {
            go([from = ring[i], to = ring[(i + 1) % members], arrived] {
                for (int left : from) {
                    if (left == 0) {
                        arrived.send({});
                    } else {
                        to.send(left - 1);
                    }
                }
            });
        }
        ring[0].send(repeated(100'000));
        arrived.recv();
        for (const chan<int>& each : ring) {
            each.close();
        }
    });
}

TEST_P(lost_wakeup_test, a_token_hops_through_the_global_queue) {
    // A plain thread wakes through the global queue, and sleeps itself in between.
    in_run([] {
        const auto there = make_chan<int>();
        const auto back = make_chan<int>();
        const int hops = repeated(5'000);
        std::thread thread([=] {
            for (int v : there) {
                back.send(v);
            }
            back.close();
        });
        for (int i = 0; i < hops; ++i) {
            there.send(i);
            ASSERT_EQ(back.recv(), i);
        }
        there.close();
        EXPECT_FALSE(back.recv().has_value());
        blocking([&thread] { thread.join(); });
    });
}

TEST_P(lost_wakeup_test, a_token_hops_over_a_timer) {
    in_run([] {
        const auto ch = make_chan<int>();
        const int hops = repeated(2'000);
        go([=] {
            for (int i = 0; i < hops; ++i) {
                sleep(std::chrono::microseconds(i % 20));
                ch.send(i);
            }
            ch.close();
        });
        int expected = 0;
        for (int v : ch) {
            ASSERT_EQ(v, expected++);
        }
        EXPECT_EQ(expected, hops);
    });
}

TEST_P(lost_wakeup_test, work_that_displaces_work_reaches_idle_processors) {
    in_run([] {
        // Bursts with pauses in which all processors go to sleep.
        for (int burst = 0; burst < repeated(300); ++burst) {
            wait_group all;
            for (int i = 0; i < 20; ++i) {
                all.go([] { yield(); });
            }
            all.wait();
            if (burst % 10 == 0) {
                sleep(std::chrono::microseconds(100));
            }
        }
    });
}

TEST_P(lost_wakeup_test, a_token_hops_over_mutexes) {
    in_run([] {
        mutex first;
        mutex second;
        int turn = 0;
        const int hops = repeated(20'000);
        second.lock();  // the first one begins
        wait_group all;
        for (int mine = 0; mine < 2; ++mine) {
            all.go([&, mine] {
                while (true) {
                    mutex& guard = mine == 0 ? first : second;
                    mutex& other = mine == 0 ? second : first;
                    guard.lock();
                    const bool over = turn >= hops;
                    ++turn;
                    other.unlock();
                    if (over) {
                        return;
                    }
                }
            });
        }
        all.wait();
        EXPECT_GE(turn, hops);
    });
}

INSTANTIATE_TEST_SUITE_P(procs, lost_wakeup_test, processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft::sched
