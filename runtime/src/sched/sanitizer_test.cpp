// A sanitized build that never complains proves nothing: planted faults must be reported.
#include "fiber/sanitizer.hpp"

#include <weft/chan.hpp>
#include <weft/runtime.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <memory>
#include <thread>

namespace weft::sched {
namespace {

class sanitizer_test : public testing::Test {
protected:
    sanitizer_test() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

#ifdef WEFT_THREAD_SANITIZER

/// Two goroutines write the same word with nothing in between but that both run. Each waits for the
/// other without a scheduling point, so that they are on two threads, whatever the machine's load.
void race_between_goroutines(int procs) {
    run(
        [] {
            long shared = 0;
            std::atomic<int> there{0};
            wait_group all;
            for (int i = 0; i < 2; ++i) {
                all.go([&] {
                    there.fetch_add(1, std::memory_order_relaxed);
                    while (there.load(std::memory_order_relaxed) != 2) {
                    }
                    ++shared;
                });
            }
            all.wait();
        },
        {.procs = procs});
}

TEST_F(sanitizer_test, a_race_at_one_processor_is_reported) {
    EXPECT_DEATH(
        {
            race_between_goroutines(1);
            _exit(0);
        },
        testing::ContainsRegex("data race"));
}

TEST_F(sanitizer_test, a_race_between_processors_is_reported) {
    EXPECT_DEATH(
        {
            race_between_goroutines(2);
            _exit(0);
        },
        testing::ContainsRegex("data race"));
}

TEST_F(sanitizer_test, what_channels_order_is_not_reported) {
    long shared = 0;
    run(
        [&shared] {
            const auto baton = make_chan<unit>();
            wait_group all;
            for (int i = 0; i < 2; ++i) {
                all.go([&, i] {
                    for (int n = 0; n < 1000; ++n) {
                        if (i == 0) {
                            ++shared;
                            baton.send({});
                            baton.recv();
                        } else {
                            baton.recv();
                            ++shared;
                            baton.send({});
                        }
                    }
                });
            }
            all.wait();
        },
        {.procs = 2});
    EXPECT_EQ(shared, 2000);
}

#endif

#ifdef WEFT_ADDRESS_SANITIZER

[[gnu::noinline]] void write_behind_the_end(volatile char* first, std::size_t size) {
    first[size] = 1;
}

TEST_F(sanitizer_test, an_overrun_on_a_goroutine_s_stack_is_reported) {
    EXPECT_DEATH(run([] {
                     go([] {
                         yield();
                         volatile char text[16];
                         text[0] = 0;
                         write_behind_the_end(text, sizeof text);
                     });
                     make_chan<int>().recv();
                 }),
                 testing::ContainsRegex("stack-buffer-overflow"));
}

TEST_F(sanitizer_test, a_use_after_free_in_a_goroutine_is_reported) {
    EXPECT_DEATH(run([] {
                     go([] {
                         auto owned = std::make_unique<int>(1);
                         volatile int* stale = owned.get();
                         owned.reset();
                         yield();
                         *stale = 2;
                     });
                     make_chan<int>().recv();
                 }),
                 testing::ContainsRegex("heap-use-after-free"));
}

#endif

}  // namespace
}  // namespace weft::sched
