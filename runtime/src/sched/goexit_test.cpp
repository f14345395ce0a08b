// goexit: how a goroutine ends from within.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/goroutine_local.hpp>
#include <weft/runtime.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <array>
#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weft {
namespace {

using sched::repeated;
using sched::yield_until;

class goexit_test : public sched::at_procs {
protected:
    /// Runs `body` in a goroutine, which must end.
    template <class F>
    void in_goroutine(F body) {
        in_run([&body] {
            bool returned = false;
            go([&] {
                body();
                returned = true;
            });
            yield_until([] { return num_goroutine() == 1; });
            EXPECT_FALSE(returned);
        });
    }
};

struct sign_off {
    std::vector<std::string>& log;
    std::string what;
    ~sign_off() { log.push_back(what); }
};

[[gnu::noinline]] void deeper(int levels, std::vector<std::string>& log) {
    const sign_off here{log, std::to_string(levels)};
    static void (*volatile const leave)() = &goexit;  // of which the compiler knows nothing
    if (levels == 0) {
        leave();
    } else {
        deeper(levels - 1, log);
    }
}

TEST_P(goexit_test, runs_the_stack_s_destructors_and_destroys_the_closure) {
    std::vector<std::string> log;
    const auto witness = std::make_shared<int>(0);
    in_goroutine([&log, witness] {
        const sign_off outer{log, "outer"};
        deeper(2, log);
    });
    EXPECT_EQ(log, (std::vector<std::string>{"0", "1", "2", "outer"}));
    EXPECT_EQ(witness.use_count(), 1);
}

TEST_P(goexit_test, a_handler_for_everything_runs_its_body_and_then_it_goes_on) {
    std::vector<std::string> log;
    in_goroutine([&log] {
        try {
            const sign_off between{log, "between"};
            try {
                goexit();
            } catch (const std::exception&) {
                log.push_back("wrong");
            } catch (...) {
                log.push_back("inner");
                EXPECT_EQ(std::current_exception(), nullptr);
            }
            log.push_back("after inner");
        } catch (...) {
            log.push_back("outer");
        }
        log.push_back("after outer");
    });
    EXPECT_EQ(log, (std::vector<std::string>{"inner", "between", "outer"}));
}

TEST_P(goexit_test, neither_rethrow_nor_return_nor_a_loop_makes_a_difference) {
    int bodies = 0;
    in_goroutine([&bodies] {
        while (true) {
            const auto leave = [&bodies] {
                try {
                    try {
                        goexit();
                    } catch (...) {
                        ++bodies;
                        throw;
                    }
                } catch (...) {
                    ++bodies;
                    return;
                }
            };
            try {
                leave();
            } catch (...) {
                ++bodies;
                continue;
            }
        }
    });
    EXPECT_EQ(bodies, 3);
}

TEST_P(goexit_test, handlers_may_throw_and_catch_among_themselves_and_block) {
    std::vector<std::string> log;
    in_goroutine([&log] {
        try {
            goexit();
        } catch (...) {
            try {
                throw std::runtime_error("mine");
            } catch (const std::exception& e) {
                log.emplace_back(e.what());
            }
            sleep(std::chrono::milliseconds(1));
            yield();
            log.emplace_back("woken");
        }
    });
    EXPECT_EQ(log, (std::vector<std::string>{"mine", "woken"}));
}

TEST_P(goexit_test, works_while_exceptions_are_being_handled) {
    struct counted : std::runtime_error {
        explicit counted(std::shared_ptr<int> w) : runtime_error("counted"), witness(w) {}
        std::shared_ptr<int> witness;
    };
    const auto witness = std::make_shared<int>(0);
    int bodies = 0;
    in_goroutine([&bodies, witness] {
        try {
            throw counted(witness);
        } catch (const counted&) {
            try {
                throw counted(witness);
            } catch (...) {
                try {
                    goexit();
                } catch (...) {
                    ++bodies;
                }
            }
        }
    });
    EXPECT_EQ(bodies, 1);
    EXPECT_EQ(witness.use_count(), 1);
}

TEST_P(goexit_test, called_again_by_a_handler_it_goes_on) {
    int bodies = 0;
    in_goroutine([&bodies] {
        try {
            try {
                goexit();
            } catch (...) {
                ++bodies;
                goexit();
            }
        } catch (...) {
            ++bodies;
        }
    });
    EXPECT_EQ(bodies, 2);
}

TEST_P(goexit_test, what_a_handler_throws_instead_can_be_caught) {
    std::string caught;
    in_run([&caught] {
        wait_group all;
        all.go([&caught] {
            try {
                try {
                    goexit();
                } catch (...) {
                    throw std::runtime_error("other");
                }
            } catch (const std::runtime_error& e) {
                caught = e.what();
            }
            try {
                goexit();
            } catch (...) {
                caught += "!";
            }
            caught += " wrong";
        });
        all.wait();
    });
    EXPECT_EQ(caught, "other!");
}

TEST_P(goexit_test, the_exception_state_is_clean_for_the_next_goroutine_of_the_stack) {
    in_run([] {
        std::atomic<int> wrong{0};
        for (int i = 0; i < repeated(1'000); ++i) {
            go([] {
                try {
                    throw 1;
                } catch (int) {
                    goexit();
                }
            });
            go([&wrong] {
                wrong += std::uncaught_exceptions();
                wrong += std::current_exception() != nullptr ? 1 : 0;
                try {
                    throw std::runtime_error("x");
                } catch (const std::runtime_error&) {
                }
            });
        }
        yield_until([] { return num_goroutine() == 1; });
        EXPECT_EQ(wrong, 0);
    });
}

TEST_P(goexit_test, a_wait_group_counts_it_as_done) {
    in_run([] {
        wait_group all;
        for (int i = 0; i < 10; ++i) {
            all.go([i] {
                if (i % 2 == 0) {
                    yield();
                }
                goexit();
            });
        }
        all.wait();
    });
}

TEST_P(goexit_test, a_group_counts_it_as_done_and_not_as_an_error) {
    in_run([] {
        group all;
        std::atomic<bool> ended_early{false};
        for (int i = 0; i < 5; ++i) {
            all.go([] {
                yield();
                goexit();
            });
        }
        all.go([&] {
            for (int i = 0; i < 20; ++i) {
                yield();
            }
            ended_early = static_cast<bool>(all.context().err());
        });
        EXPECT_NO_THROW(all.wait());
        EXPECT_FALSE(ended_early);
    });
}

TEST_P(goexit_test, out_of_a_once_it_counts_as_run) {
    in_run([] {
        once first;
        const auto value = once_value([]() -> int { goexit(); });
        int ran = 0;
        wait_group all;
        all.go([&] {
            first.call([&ran] {
                ++ran;
                goexit();
            });
        });
        all.go([value] { value(); });
        all.wait();
        first.call([&ran] { ++ran; });
        EXPECT_EQ(ran, 1);
        EXPECT_THROW(value(), panic);
    });
}

TEST_P(goexit_test, destructors_may_block_on_the_way_and_go_on_elsewhere) {
    in_run([] {
        struct handing_over {
            chan<int> to;
            ~handing_over() {
                to.send(1);
                yield();
            }
        };
        const auto ch = make_chan<int>();
        constexpr int count = 20;
        for (int i = 0; i < count; ++i) {
            go([ch] {
                const handing_over first{ch};
                const handing_over second{ch};
                select(on_timeout(std::chrono::microseconds(1), [] { goexit(); }));
            });
        }
        for (int i = 0; i < 2 * count; ++i) {
            ch.recv();
        }
    });
}

TEST_P(goexit_test, leaves_a_blocking_call_and_goroutine_locals_in_order) {
    std::atomic<int> destroyed{0};
    struct counted {
        std::atomic<int>* destroyed;
        ~counted() { ++*destroyed; }
    };
    const goroutine_local<counted> local([&] { return counted{&destroyed}; });
    in_goroutine([&local] {
        local.get();
        blocking([] { goexit(); });
    });
    EXPECT_EQ(destroyed, 1);
}

TEST_P(goexit_test, big_frames_leave_nothing_behind_that_a_sanitizer_would_mind) {
    in_run([] {
        for (int i = 0; i < 50; ++i) {
            wait_group one;
            one.go([i] {
                std::array<volatile char, 4'000> frame{};
                frame[static_cast<std::size_t>(i)] = 1;
                std::vector<std::string> log;
                deeper(20, log);
            });
            one.wait();
            one.go([] {
                std::array<volatile char, 9'000> frame{};
                for (auto& each : frame) {
                    each = 1;
                }
            });
            one.wait();
        }
    });
}

TEST_P(goexit_test, on_a_plain_thread_it_panics) {
    const auto panics = [] {
        try {
            goexit();
        } catch (const panic& p) {
            EXPECT_STREQ(p.what(),
                         "runtime.Goexit called in a thread that was not created by the Go "
                         "runtime");
            return true;
        }
        return false;
    };
    EXPECT_TRUE(panics());
    in_run([&panics] { std::thread([&panics] { EXPECT_TRUE(panics()); }).join(); });
}

INSTANTIATE_TEST_SUITE_P(procs, goexit_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
