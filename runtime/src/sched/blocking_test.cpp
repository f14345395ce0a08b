#include "sched/at_procs.hpp"

#include "platform/thread.hpp"

#include <weft/chan.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace weft::sched {
namespace {

class blocking_test : public at_procs {};

/// A pipe that really blocks its reader.
class pipe_pair {
public:
    pipe_pair() { EXPECT_EQ(pipe(ends_.data()), 0); }
    ~pipe_pair() {
        close(ends_[0]);
        close(ends_[1]);
    }
    pipe_pair(const pipe_pair&) = delete;
    pipe_pair& operator=(const pipe_pair&) = delete;

    char read_one() {
        char byte = '\0';
        EXPECT_EQ(read(ends_[0], &byte, 1), 1);
        return byte;
    }
    void write_one(char byte) { EXPECT_EQ(write(ends_[1], &byte, 1), 1); }

private:
    std::array<int, 2> ends_{};
};

TEST_P(blocking_test, others_run_while_a_goroutine_blocks) {
    in_run([] {
        for (int i = 0; i < repeated(100); ++i) {
            pipe_pair pipe;
            wait_group all;
            char got = '\0';
            all.go([&] { got = blocking([&pipe] { return pipe.read_one(); }); });
            all.go([&] { pipe.write_one('x'); });
            all.wait();
            ASSERT_EQ(got, 'x');
        }
    });
}

TEST_P(blocking_test, more_may_block_than_there_are_processors) {
    in_run([] {
        constexpr int count = 20;
        pipe_pair pipe;
        wait_group all;
        for (int i = 0; i < count; ++i) {
            all.go([&] { EXPECT_EQ(blocking([&pipe] { return pipe.read_one(); }), 'y'); });
        }
        all.go([&] {
            for (int i = 0; i < count; ++i) {
                pipe.write_one('y');
                yield();
            }
        });
        all.wait();
    });
}

TEST_P(blocking_test, main_may_block_while_others_work) {
    in_run([] {
        pipe_pair pipe;
        std::atomic<int> hops{0};
        const auto ping = make_chan<int>();
        const auto pong = make_chan<int>();
        go([=] {
            for (int v : ping) {
                pong.send(v);
            }
        });
        go([&, ping, pong] {
            for (int i = 0; i < 100; ++i) {
                ping.send(i);
                EXPECT_EQ(pong.recv(), i);
                ++hops;
            }
            ping.close();
            pipe.write_one('z');
        });
        EXPECT_EQ(blocking([&pipe] { return pipe.read_one(); }), 'z');
        EXPECT_EQ(hops, 100);
    });
}

TEST_P(blocking_test, results_exceptions_and_errno_pass_through) {
    in_run([] {
        EXPECT_EQ(blocking([] { return std::string("result"); }), "result");
        bool ran = false;
        blocking([&ran] { ran = true; });
        EXPECT_TRUE(ran);
        EXPECT_THROW(blocking([] { throw std::runtime_error("out"); }), std::runtime_error);
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        blocking([] { *platform::errno_address() = ENOENT; });
        EXPECT_EQ(*platform::errno_address(), ENOENT);
    });
}

TEST_P(blocking_test, it_may_be_nested) {
    in_run([] {
        EXPECT_EQ(blocking([] { return blocking([] { return 9; }); }), 9);
        const auto ch = make_chan<int>();
        go([ch] { ch.send(1); });
        EXPECT_EQ(ch.recv(), 1);
    });
}

TEST_P(blocking_test, goroutines_may_be_started_and_woken_from_inside) {
    in_run([] {
        const auto ch = make_chan<int>();
        const auto out = make_chan<int>(2);
        go([=] { out.send(ch.recv().value()); });
        yield_until_parked(1);
        blocking([&] {
            ch.send(1);  // to a receiver that waits
            go([out] { out.send(2); });
        });
        EXPECT_EQ(out.recv().value() + out.recv().value(), 3);
    });
}

TEST_P(blocking_test, timers_fire_while_all_block) {
    in_run([this] {
        const int count = GetParam();
        wait_group all;
        pipe_pair pipe;
        for (int i = 0; i < count; ++i) {
            all.go([&] { blocking([&pipe] { return pipe.read_one(); }); });
        }
        all.go([&, count] {
            sleep(std::chrono::milliseconds(1));
            for (int i = 0; i < count; ++i) {
                pipe.write_one('t');
            }
        });
        all.wait();
    });
}

TEST_P(blocking_test, a_storm_of_short_calls_ends) {
    in_run([] {
        wait_group all;
        for (int i = 0; i < 8; ++i) {
            all.go([] {
                for (int call = 0; call < repeated(500); ++call) {
                    blocking([] { std::this_thread::sleep_for(std::chrono::microseconds(10)); });
                }
            });
        }
        all.wait();
    });
}

/// The others end at the moment in which a goroutine comes back and finds no processor: however the
/// two fall together, it is no deadlock.
TEST_P(blocking_test, coming_back_while_the_others_end_is_no_deadlock) {
    in_run([this] {
        for (int round = 0; round < repeated(2000); ++round) {
            std::atomic<bool> over{false};
            wait_group others;
            for (int i = 0; i < GetParam(); ++i) {
                others.go([&over] { yield_until([&over] { return over.load(); }); });
            }
            blocking([&over, round] {
                over = true;
                const auto until =
                    std::chrono::steady_clock::now() + std::chrono::nanoseconds(round % 100 * 500);
                while (std::chrono::steady_clock::now() < until) {
                }
            });
            others.wait();
        }
    });
}

TEST_P(blocking_test, run_ends_with_goroutines_inside_it_once_they_come_back) {
    pipe_pair pipe;
    std::thread writer;
    std::atomic<bool> inside{false};
    run(
        [&] {
            go([&] {
                blocking([&] {
                    inside = true;
                    return pipe.read_one();
                });
            });
            yield_until([&inside] { return inside.load(); });
            writer = std::thread([&pipe] { pipe.write_one('e'); });
        },
        {.procs = GetParam()});
    writer.join();
}

INSTANTIATE_TEST_SUITE_P(procs, blocking_test, processor_counts, testing::PrintToStringParamName());

}  // namespace
}  // namespace weft::sched
