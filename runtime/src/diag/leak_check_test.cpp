#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/diagnostics.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;

class leak_check_test : public sched::at_procs {};

/// What the end of a check writes.
template <class F>
std::string written(F body) {
    testing::internal::CaptureStderr();
    body();
    return testing::internal::GetCapturedStderr();
}

std::string line_of(const goroutine_info& leak) {
    return "leaked goroutine " + std::to_string(leak.id) + " [" + leak.state + "] started at " +
           leak.started_at.file_name() + ":" + std::to_string(leak.started_at.line()) + "\n";
}

TEST_P(leak_check_test, what_has_ended_is_no_leak) {
    in_run([] {
        EXPECT_EQ(written([] {
                      leak_check check;
                      wait_group all;
                      for (int i = 0; i < 100; ++i) {
                          all.go([] { yield(); });
                      }
                      all.wait();
                      EXPECT_TRUE(check.leaks().empty());
                  }),
                  "");
    });
}

TEST_P(leak_check_test, what_is_alive_is_given_with_its_id_state_place_and_wait) {
    in_run([] {
        const auto ch = make_chan<int>();
        {
            leak_check check;
            const source_location place = source_location::current();
            go([ch] { ch.recv(); }, place);
            go([ch] { ch.send(1), ch.recv(); }, place);
            const std::vector<goroutine_info> leaks = check.leaks(20ms);
            ASSERT_EQ(leaks.size(), 1U);
            EXPECT_GT(leaks[0].id, 1U);
            EXPECT_EQ(leaks[0].name, "");
            EXPECT_EQ(leaks[0].state, "chan receive");
            EXPECT_STREQ(leaks[0].started_at.file_name(), place.file_name());
            EXPECT_EQ(leaks[0].started_at.line(), place.line());
            EXPECT_GE(leaks[0].waited, 0s);
            ch.close();
        }
    });
}

TEST_P(leak_check_test, the_end_writes_a_line_for_each_leak_that_was_not_given_yet) {
    in_run([] {
        const auto ch = make_chan<int>();
        std::vector<goroutine_info> given;
        std::vector<goroutine_info> all;
        const std::string text = written([&] {
            leak_check outer;
            leak_check check;
            go([ch] { ch.recv(); });
            given = check.leaks(5ms);
            go([ch] { ch.recv(); });
            all = outer.leaks(5ms);
        });
        ch.close();
        ASSERT_EQ(given.size(), 1U);
        ASSERT_EQ(all.size(), 2U);
        const goroutine_info& later = all[0].id == given[0].id ? all[1] : all[0];
        EXPECT_EQ(text, line_of(later));
    });
}

TEST_P(leak_check_test, what_ends_within_the_grace_is_no_leak) {
    in_run([] {
        EXPECT_EQ(written([] {
                      leak_check check;
                      go([] { sleep(30ms); });
                      EXPECT_EQ(check.leaks(0s).size(), 1U);
                      EXPECT_TRUE(check.leaks(1h).empty());
                      go([] { sleep(30ms); });
                  }),
                  "");
    });
}

TEST_P(leak_check_test, what_was_there_before_is_no_leak) {
    in_run([] {
        const auto ch = make_chan<int>();
        go([ch] { ch.recv(); });
        EXPECT_EQ(written([&] {
                      leak_check check;
                      EXPECT_TRUE(check.leaks(0s).empty());
                  }),
                  "");
        ch.close();
    });
}

TEST_P(leak_check_test, who_asks_is_no_leak) {
    in_run([] {
        const auto before = std::make_shared<leak_check>();
        const auto done = make_chan<int>();
        go([before, done] {
            EXPECT_TRUE(before->leaks(0s).empty());
            done.send(1);
        });
        done.recv();
        EXPECT_TRUE(before->leaks(1h).empty());
    });
}

TEST_P(leak_check_test, a_plain_thread_may_check) {
    in_run([] {
        const auto ch = make_chan<int>();
        blocking([&] {
            std::thread([&] {
                leak_check check;
                go([ch] { ch.recv(); });
                EXPECT_EQ(check.leaks(20ms).size(), 1U);
                ch.close();
                EXPECT_TRUE(check.leaks(1h).empty());
            }).join();
        });
    });
}

TEST(leak_check_outside_run_test, it_finds_nothing) {
    EXPECT_EQ(written([] {
                  leak_check check;
                  EXPECT_TRUE(check.leaks().empty());
                  run([&check] {
                      const auto ch = make_chan<int>();
                      go([ch] { ch.recv(); });
                      yield();
                      EXPECT_TRUE(check.leaks().empty());
                      ch.close();
                      sched::yield_until([] { return num_goroutine() == 1; });
                  });
                  EXPECT_TRUE(check.leaks().empty());
              }),
              "");
}

INSTANTIATE_TEST_SUITE_P(procs, leak_check_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
