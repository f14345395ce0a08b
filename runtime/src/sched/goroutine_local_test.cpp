#include <weft/goroutine_local.hpp>

#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/runtime.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weft {
namespace {

using sched::repeated;

class goroutine_local_test : public sched::at_procs {};

TEST_P(goroutine_local_test, each_goroutine_has_its_own_which_is_value_initialised) {
    const goroutine_local<int> number;
    const goroutine_local<std::string> text;
    in_run([&] {
        EXPECT_EQ(*number, 0);
        *number = 1;
        text.get() = "main";
        wait_group all;
        for (int i = 0; i < 10; ++i) {
            all.go([&, i] {
                EXPECT_EQ(*number, 0);
                EXPECT_TRUE(text->empty());
                *number = i;
                for (int n = 0; n < 20; ++n) {
                    yield();
                    EXPECT_EQ(*number, i);
                }
            });
        }
        all.wait();
        EXPECT_EQ(*number, 1);
        EXPECT_EQ(*text, "main");
    });
}

TEST_P(goroutine_local_test, a_factory_makes_what_need_not_be_movable) {
    struct fixed {
        explicit fixed(int n) : value(n) {}
        fixed(const fixed&) = delete;
        fixed& operator=(const fixed&) = delete;
        int value;
    };
    std::atomic<int> made{0};
    const goroutine_local<fixed> local([&made] { return fixed(++made); });
    in_run([&] {
        EXPECT_EQ(local->value, 1);
        EXPECT_EQ((*local).value, 1);
        wait_group other;
        other.go([&] { EXPECT_EQ(local->value, 2); });
        other.wait();
        other.go([] {});  // it does not ask, and makes nothing
        other.wait();
        EXPECT_EQ(made, 2);
    });
}

TEST_P(goroutine_local_test, a_factory_that_throws_is_asked_again) {
    int asked = 0;
    const goroutine_local<int> local(
        [&asked] { return ++asked == 1 ? throw std::runtime_error("not yet") : 7; });
    in_run([&] {
        EXPECT_THROW(local.get(), std::runtime_error);
        EXPECT_EQ(*local, 7);
        EXPECT_EQ(*local, 7);
        EXPECT_EQ(asked, 2);
    });
}

struct noted {
    std::vector<std::string>* log = nullptr;
    std::string name;
    noted() = default;
    noted(std::vector<std::string>* to, std::string n) : log(to), name(std::move(n)) {}
    noted(noted&& other) noexcept
        : log(std::exchange(other.log, nullptr)), name(std::move(other.name)) {}
    noted& operator=(noted&&) = delete;
    ~noted() {
        if (log != nullptr) {
            log->push_back(name);
        }
    }
};

TEST_P(goroutine_local_test, values_are_destroyed_at_the_end_in_reverse_order_after_the_closure) {
    std::vector<std::string> log;
    const goroutine_local<noted> first([&log] { return noted(&log, "first"); });
    const goroutine_local<noted> second([&log] { return noted(&log, "second"); });
    in_run([&] {
        go([&, captured = noted(&log, "closure")] {
            first.get();
            second.get();
        });
    });
    EXPECT_EQ(log, (std::vector<std::string>{"closure", "second", "first"}));
    log.clear();
    in_run([&second] { second.get(); });
    EXPECT_EQ(log, std::vector<std::string>{"second"});
}

TEST_P(goroutine_local_test, a_destructor_may_use_others_and_block) {
    static const goroutine_local<int> other;
    static std::atomic<int> ended;
    ended = 0;
    struct blocking_end {
        chan<unit> ch;
        ~blocking_end() {
            *other = 4;
            ch.recv();
            EXPECT_EQ(*other, 4);
            ++ended;
        }
    };
    const goroutine_local<blocking_end> local;
    in_run([&] {
        const auto ch = make_chan<unit>();
        go([&] { local->ch = ch; });
        ch.send({});
        sched::yield_until([] { return num_goroutine() == 1; });
        EXPECT_EQ(ended, 1);
    });
}

TEST_P(goroutine_local_test, the_variable_may_go_before_its_values) {
    in_run([] {
        const auto witness = std::make_shared<int>(0);
        const auto over = make_chan<unit>();
        go([&] {
            {
                const goroutine_local<std::shared_ptr<int>> gone([&] { return witness; });
                gone.get();
            }
            const goroutine_local<std::shared_ptr<int>> fresh;
            EXPECT_EQ(*fresh, nullptr);
            EXPECT_EQ(witness.use_count(), 2);
            over.recv();
        });
        over.send({});
        sched::yield_until([] { return num_goroutine() == 1; });
        EXPECT_EQ(witness.use_count(), 1);
    });
}

TEST_P(goroutine_local_test, the_next_goroutine_in_the_same_place_starts_anew) {
    const goroutine_local<int> local;
    in_run([&] {
        std::atomic<int> wrong{0};
        for (int i = 0; i < repeated(2'000); ++i) {
            wait_group one;
            one.go([&] { wrong += (*local)++; });
            one.go([&] { wrong += (*local)++; });
            one.wait();
        }
        EXPECT_EQ(wrong, 0);
    });
}

TEST_P(goroutine_local_test, a_plain_thread_has_its_own_inside_and_outside_of_a_run) {
    std::atomic<int> destroyed{0};
    struct counted {
        std::atomic<int>* destroyed;
        int value = 0;
        ~counted() { ++*destroyed; }
    };
    const goroutine_local<counted> local([&] { return counted{&destroyed}; });
    const int before = destroyed;
    std::thread([&] { EXPECT_EQ(++local->value, 1); }).join();
    EXPECT_EQ(destroyed, before + 1);
    in_run([&] {
        std::thread([&] { EXPECT_EQ(++local->value, 1); }).join();
        EXPECT_EQ(destroyed, before + 2);
        EXPECT_EQ(++local->value, 1);
    });
    EXPECT_EQ(destroyed, before + 3);
}

TEST_P(goroutine_local_test, what_has_not_ended_with_its_run_is_given_up) {
    std::atomic<int> destroyed{0};
    struct counted {
        std::atomic<int>* destroyed;
        ~counted() { ++*destroyed; }
    };
    const goroutine_local<counted> local([&] { return counted{&destroyed}; });
    run(
        [&] {
            const auto made = make_chan<unit>();
            go([&local, made] {
                local.get();
                made.send({});
                chan<unit>().recv();
            });
            made.recv();
        },
        {.procs = GetParam()});
    EXPECT_EQ(destroyed, 0);
}

INSTANTIATE_TEST_SUITE_P(procs, goroutine_local_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
