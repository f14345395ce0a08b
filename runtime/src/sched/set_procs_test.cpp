// Changing the number of processors while everything goes on.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

using namespace std::chrono_literals;

class set_procs_test : public at_procs {
protected:
    /// Waits until as many goroutines as `count` run at one and the same time.
    static void meet(int count) {
        std::atomic<int> there{0};
        wait_group all;
        for (int i = 0; i < count; ++i) {
            all.go([&] {
                ++there;
                while (there < count) {  // no scheduling point: each holds a processor
                }
            });
        }
        all.wait();
    }
};

TEST_P(set_procs_test, it_tells_what_was_before) {
    in_run([this] {
        EXPECT_EQ(procs(), GetParam());
        EXPECT_EQ(set_procs(0), GetParam());
        EXPECT_EQ(set_procs(-5), GetParam());
        EXPECT_EQ(set_procs(5), GetParam());
        EXPECT_EQ(procs(), 5);
        EXPECT_EQ(set_procs(GetParam()), 5);
        EXPECT_EQ(procs(), GetParam());
    });
}

TEST_P(set_procs_test, more_run_at_the_same_time_at_once) {
    in_run([] {
        set_procs(12);
        meet(12);
    });
}

TEST_P(set_procs_test, with_one_nobody_runs_beside_the_others) {
    in_run([] {
        set_procs(1);
        std::atomic<int> inside{0};
        std::atomic<int> at_once{0};
        const std::uint64_t retaken = stats().retakes;
        wait_group all;
        for (int i = 0; i < 8; ++i) {
            all.go([&] {
                // Those that began before the number fell are at their next scheduling point now.
                yield();
                for (int n = 0; n < repeated(1000); ++n) {
                    at_once += ++inside > 1 ? 1 : 0;
                    --inside;
                    yield();
                }
            });
        }
        all.wait();
        // A processor that is taken away leaves its goroutine running.
        if (stats().retakes == retaken) {
            EXPECT_EQ(at_once, 0);
        }
    });
}

TEST_P(set_procs_test, who_computes_on_loses_one_that_is_too_many) {
    in_run([this] {
        std::atomic<bool> over{false};
        std::atomic<int> computing{0};
        wait_group all;
        set_procs(4);
        for (int i = 0; i < 3; ++i) {
            all.go([&] {
                ++computing;
                while (!over) {
                }
            });
        }
        yield_until([&] { return computing == 3; });
        const std::uint64_t before = stats().retakes;
        set_procs(1);
        yield_until([&] { return stats().retakes > before; });
        over = true;
        all.wait();
    });
}

TEST_P(set_procs_test, nothing_is_lost_while_the_number_changes) {
    in_run([] {
        std::atomic<bool> over{false};
        std::atomic<int> ran{0};
        wait_group all;
        const auto values = make_chan<int>(3);
        for (int i = 0; i < 4; ++i) {
            all.go([&] {
                for (int n = 0; n < repeated(3000); ++n) {
                    values.send(n);
                    if (n % 16 == 0) {
                        all.go([&] { ++ran; });
                    }
                    if (n % 256 == 0) {
                        sleep(10us);
                    }
                }
            });
            all.go([&] {
                for (int n = 0; n < repeated(3000); ++n) {
                    values.recv();
                }
            });
        }
        wait_group changing;
        changing.go([&] {
            for (int n = 0; !over; ++n) {
                set_procs(1 + n * 7 % 11);
                yield();
            }
        });
        all.wait();
        over = true;
        changing.wait();
        EXPECT_EQ(ran, 4 * ((repeated(3000) + 15) / 16));
    });
}

TEST_P(set_procs_test, timers_of_a_processor_out_of_use_are_still_served) {
    in_run([] {
        set_procs(8);
        wait_group all;
        for (int i = 0; i < 64; ++i) {
            all.go([i] { sleep(1ms * (i % 8)); });
        }
        yield();
        set_procs(1);
        all.wait();
    });
}

TEST_P(set_procs_test, plain_threads_and_several_at_once_may_change_it) {
    in_run([] {
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([i] {
                for (int n = 0; n < repeated(200); ++n) {
                    EXPECT_GE(set_procs(1 + (n + i) % 9), 1);
                }
            });
        }
        blocking([&] {
            for (std::thread& each : threads) {
                each.join();
            }
        });
    });
}

INSTANTIATE_TEST_SUITE_P(procs, set_procs_test, processor_counts,
                         testing::PrintToStringParamName());

TEST(set_procs_limits_test, outside_run_it_can_only_be_asked) {
    EXPECT_EQ(set_procs(0), procs());
    EXPECT_THROW(set_procs(2), std::logic_error);
}

TEST(set_procs_limits_test, what_the_threads_do_not_suffice_for_is_refused) {
    run(
        [] {
            EXPECT_EQ(set_procs(6), 1);
            EXPECT_THROW(set_procs(7), std::invalid_argument);
            EXPECT_EQ(procs(), 6);
        },
        {.procs = 1, .max_threads = 8});
}

}  // namespace
}  // namespace weft::sched
