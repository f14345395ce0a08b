#include "sched/at_procs.hpp"
#include "sched/panic_of.hpp"

#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <memory>
#include <optional>

namespace weft {
namespace {

using sched::panic_of;
using sched::repeated;

class wait_group_test : public sched::at_procs {};

TEST_P(wait_group_test, waiting_for_nothing_returns_at_once) {
    in_run([] {
        wait_group group;
        group.wait();
        group.add(0);
        group.wait();
        group.add(2);
        group.add(-2);
        group.wait();
    });
}

TEST_P(wait_group_test, wait_returns_when_all_are_done) {
    in_run([] {
        for (int round = 0; round < repeated(500); ++round) {
            wait_group group;
            int plain[2] = {0, 0};
            group.add(2);
            for (int& each : plain) {
                go([&group, &each] {
                    each = 1;
                    group.done();
                });
            }
            group.wait();
            ASSERT_EQ(plain[0] + plain[1], 2);
        }
    });
}

TEST_P(wait_group_test, it_is_used_again_by_many_as_a_barrier) {
    in_run([] {
        constexpr int parties = 16;
        wait_group arrive;
        wait_group leave;
        for (int round = 0; round < 8; ++round) {
            arrive.add(parties);
            leave.add(parties);
            const auto left = make_chan<bool>(parties);
            for (int i = 0; i < parties; ++i) {
                go([&, left] {
                    arrive.done();
                    leave.wait();
                    left.send(true);
                });
            }
            arrive.wait();
            for (int i = 0; i < parties; ++i) {
                bool early = false;
                ASSERT_EQ(left.try_recv(early), recv_status::empty) << "it left too early";
                leave.done();
            }
            for (int i = 0; i < parties; ++i) {
                left.recv();
            }
        }
    });
}

TEST_P(wait_group_test, many_may_wait) {
    in_run([] {
        wait_group group;
        group.add(1);
        wait_group waiters;
        for (int i = 0; i < 100; ++i) {
            waiters.go([&group] { group.wait(); });
        }
        sched::yield_until_parked(50);
        group.done();
        waiters.wait();
    });
}

TEST_P(wait_group_test, a_negative_count_panics_and_changes_nothing) {
    in_run([] {
        wait_group group;
        EXPECT_EQ(panic_of([&] { group.done(); }), "sync: negative WaitGroup counter");
        group.add(1);
        EXPECT_EQ(panic_of([&] { group.add(-2); }), "sync: negative WaitGroup counter");
        group.done();
        group.wait();
    });
}

TEST_P(wait_group_test, it_may_be_destroyed_once_wait_has_returned) {
    in_run([] {
        for (int i = 0; i < repeated(5'000); ++i) {
            auto group = std::make_unique<wait_group>();
            group->go([] {});
            group->go([] { yield(); });
            group->wait();
            group.reset();
        }
    });
}

TEST_P(wait_group_test, it_may_be_used_again_as_soon_as_wait_has_returned) {
    in_run([] {
        wait_group group;
        std::atomic<int> done{0};
        for (int i = 1; i <= repeated(5'000); ++i) {
            group.go([&done] { ++done; });
            group.wait();
            ASSERT_EQ(done, i);
        }
    });
}

TEST_P(wait_group_test, it_may_be_used_again_before_all_waits_have_returned) {
    in_run([] {
        for (int round = 0; round < repeated(500); ++round) {
            wait_group group;
            std::atomic<int> returned{0};
            const std::uint64_t parked = stats().parks;
            group.add(1);
            for (int i = 0; i < 4; ++i) {
                go([&] {
                    group.wait();
                    ++returned;
                });
            }
            sched::yield_until_parked(parked + 4);
            group.done();
            group.add(1);
            sched::yield_until([&returned] { return returned == 4; });
            group.done();
        }
    });
}

TEST_P(wait_group_test, counting_up_from_zero_while_somebody_waits_loses_no_count) {
    in_run([] {
        for (int round = 0; round < repeated(5'000); ++round) {
            wait_group group;
            wait_group ended;
            std::atomic<int> arrived{0};
            const auto arrive = [&arrived] {  // so that both count within some nanoseconds
                ++arrived;
                for (int spins = 0; arrived < 2 && spins < 10'000; ++spins) {
                }
            };
            const auto done = [&group] {  // is either done or noticed
                try {
                    group.done();
                } catch (const panic& p) {
                    EXPECT_STREQ(p.what(),
                                 "sync: WaitGroup misuse: Add called concurrently with Wait");
                }
            };
            const std::uint64_t parked = stats().parks;
            group.add(1);
            ended.go([&] { group.wait(); });
            sched::yield_until_parked(parked + 1);
            ended.go([&] {
                arrive();
                group.add(1);
                done();
            });
            ended.go([&] {
                arrive();
                done();
            });
            ended.wait();
        }
    });
}

TEST_P(wait_group_test, goroutines_may_add_more) {
    in_run([] {
        wait_group group;
        std::atomic<int> done{0};
        group.go([&] {
            for (int i = 0; i < 50; ++i) {
                group.go([&] {
                    group.go([&done] { ++done; });
                    ++done;
                });
            }
            ++done;
        });
        group.wait();
        EXPECT_EQ(done, 101);
    });
}

INSTANTIATE_TEST_SUITE_P(procs, wait_group_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
