// What a goroutine must find again when it goes on, on whatever thread that is.
//
// Every body here lets others run through a channel that all of them share, so that goroutines are
// woken by one another and move between processors.
#include "sched/at_procs.hpp"

#include "platform/thread.hpp"

#include <weft/chan.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <cerrno>
#include <cfenv>
#include <exception>
#include <stdexcept>
#include <string>

namespace weft::sched {
namespace {

constexpr int goroutines = 24;

class migration_test : public at_procs {
protected:
    /// Runs `body(wander, i)` in many goroutines; `wander()` parks or yields, and the caller goes
    /// on somewhere. Above one processor some must really have moved.
    template <class Body>
    void wandering(Body body) {
        std::atomic<int> moves{0};
        do {
            in_run([&] { run_all(body, moves); });
        } while (GetParam() > 1 && moves == 0);
    }

private:
    template <class Body>
    static void run_all(Body& body, std::atomic<int>& moves) {
        const auto meeting = make_chan<unit>();
        wait_group all;
        const auto wander = [&moves, meeting](bool sends) {
            const int before = platform::thread_id();
            unit got;
            if (sends ? meeting.try_send(got) : meeting.try_recv(got) == recv_status::success) {
                yield();
            } else if (before % 2 == 0) {
                yield();
            }
            yield();
            moves += platform::thread_id() != before ? 1 : 0;
        };
        for (int i = 0; i < goroutines; ++i) {
            all.go([&body, wander, i] { body([&wander, i] { wander(i % 2 == 0); }, i); });
        }
        all.wait();
    }
};

TEST_P(migration_test, a_caught_exception_survives) {
    wandering([](auto wander, int i) {
        for (int round = 0; round < repeated(50); ++round) {
            const std::string text = "of goroutine " + std::to_string(i);
            try {
                throw std::runtime_error(text);
            } catch (const std::exception& e) {
                wander();
                ASSERT_EQ(e.what(), text);
                try {
                    throw std::logic_error("inner " + text);
                } catch (const std::logic_error& inner) {
                    wander();
                    ASSERT_EQ(inner.what(), "inner " + text);
                }
                try {
                    wander();
                    throw;
                } catch (const std::exception& again) {
                    ASSERT_EQ(again.what(), text);
                }
            }
            ASSERT_EQ(std::current_exception(), nullptr);
        }
    });
}

TEST_P(migration_test, an_exception_may_be_carried_to_another_goroutine) {
    in_run([] {
        const auto carried = make_chan<std::exception_ptr>(4);
        wait_group all;
        for (int i = 0; i < goroutines; ++i) {
            all.go([carried] {
                try {
                    throw std::runtime_error("carried");
                } catch (...) {
                    carried.send(std::current_exception());
                }
            });
        }
        for (int i = 0; i < goroutines; ++i) {
            EXPECT_THROW(std::rethrow_exception(carried.recv().value()), std::runtime_error);
        }
        all.wait();
    });
}

TEST_P(migration_test, a_goroutine_begins_without_exceptions) {
    in_run([] {
        const auto gate = make_chan<unit>();
        for (int i = 0; i < repeated(100); ++i) {
            try {
                throw std::runtime_error("the starter's");
            } catch (const std::runtime_error&) {
                go([gate] {
                    EXPECT_EQ(std::current_exception(), nullptr);
                    EXPECT_EQ(std::uncaught_exceptions(), 0);
                    gate.recv();  // keeps its stack, so that the next one has a fresh one
                });
                yield();
            }
        }
        gate.close();
    });
}

/// Lets others run while an exception passes through its frame.
template <class Wander>
class wanders_while_unwinding {
public:
    explicit wanders_while_unwinding(Wander& wander) : wander_(wander) {}
    ~wanders_while_unwinding() {
        EXPECT_EQ(std::uncaught_exceptions(), 1);
        wander_();
        EXPECT_EQ(std::uncaught_exceptions(), 1);
        try {
            throw std::logic_error("inside the destructor");
        } catch (const std::logic_error&) {
            EXPECT_EQ(std::uncaught_exceptions(), 1);
            wander_();
        }
    }
    wanders_while_unwinding(const wanders_while_unwinding&) = delete;
    wanders_while_unwinding& operator=(const wanders_while_unwinding&) = delete;

private:
    Wander& wander_;
};

TEST_P(migration_test, unwinding_survives) {
    wandering([](auto wander, int) {
        for (int round = 0; round < repeated(50); ++round) {
            ASSERT_EQ(std::uncaught_exceptions(), 0);
            try {
                const wanders_while_unwinding guard(wander);
                throw std::runtime_error("on the way");
            } catch (const std::runtime_error& e) {
                ASSERT_STREQ(e.what(), "on the way");
                ASSERT_EQ(std::uncaught_exceptions(), 0);
            }
            wander();
            ASSERT_EQ(std::uncaught_exceptions(), 0);
        }
    });
}

TEST_P(migration_test, errno_survives) {
    wandering([](auto wander, int i) {
        for (int round = 0; round < repeated(200); ++round) {
            const int mine = 1 + (i * 31 + round) % 100;
            // Through the accessor: the compiler may keep the address of `errno` over a switch.
            *platform::errno_address() = mine;
            wander();
            ASSERT_EQ(*platform::errno_address(), mine);
        }
    });
}

TEST_P(migration_test, the_rounding_mode_survives) {
    wandering([](auto wander, int i) {
        const int mine = i % 2 == 0 ? FE_UPWARD : FE_DOWNWARD;
        std::fesetround(mine);
        for (int round = 0; round < repeated(50); ++round) {
            wander();
            ASSERT_EQ(std::fegetround(), mine);
        }
        std::fesetround(FE_TONEAREST);
    });
}

TEST_P(migration_test, locals_and_registers_survive) {
    wandering([](auto wander, int i) {
        double sum = 0;
        double by_the_book = 0;
        std::uint64_t hash = static_cast<std::uint64_t>(i);
        std::uint64_t expected = hash;
        const int rounds = repeated(200);
        for (int round = 0; round < rounds; ++round) {
            sum += 1.0 / (1 + round);
            hash = hash * 6364136223846793005U + 1442695040888963407U;
            wander();
        }
        for (int round = 0; round < rounds; ++round) {
            by_the_book += 1.0 / (1 + round);
            expected = expected * 6364136223846793005U + 1442695040888963407U;
        }
        ASSERT_EQ(sum, by_the_book);
        ASSERT_EQ(hash, expected);
    });
}

INSTANTIATE_TEST_SUITE_P(procs, migration_test, processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft::sched
