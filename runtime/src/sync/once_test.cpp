#include "sched/at_procs.hpp"

#include <weft/once.hpp>
#include <weft/runtime.hpp>
#include <weft/wait_group.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace weft {
namespace {

using sched::repeated;

class once_test : public sched::at_procs {};

TEST_P(once_test, of_many_callers_one_runs_it_and_all_find_it_done) {
    in_run([] {
        for (int round = 0; round < repeated(200); ++round) {
            once first;
            int plain = 0;
            wait_group all;
            for (int i = 0; i < 10; ++i) {
                all.go([&] {
                    first.call([&plain] {
                        yield();
                        ++plain;
                    });
                    ASSERT_EQ(plain, 1);
                });
            }
            all.wait();
        }
    });
}

TEST_P(once_test, only_the_first_function_is_run) {
    in_run([] {
        once first;
        int a = 0;
        int b = 0;
        first.call([&a] { ++a; });
        first.call([&b] { ++b; });
        EXPECT_EQ(a, 1);
        EXPECT_EQ(b, 0);
    });
}

TEST_P(once_test, what_ends_with_an_exception_is_done) {
    in_run([] {
        once first;
        EXPECT_THROW(first.call([] { throw std::runtime_error("failed"); }), std::runtime_error);
        first.call([] { FAIL() << "it has been run already"; });
    });
}

TEST_P(once_test, who_waits_for_what_ends_with_an_exception_returns_without_one) {
    in_run([] {
        once first;
        std::atomic<int> threw{0};
        wait_group all;
        for (int i = 0; i < 5; ++i) {
            all.go([&] {
                try {
                    first.call([] {
                        yield();
                        throw 1;
                    });
                } catch (int) {
                    ++threw;
                }
            });
        }
        all.wait();
        EXPECT_EQ(threw, 1);
    });
}

TEST_P(once_test, plain_threads_take_part) {
    in_run([] {
        once first;
        std::atomic<int> ran{0};
        const auto call = [&] {
            first.call([&ran] {
                yield();
                ++ran;
            });
            EXPECT_EQ(ran, 1);
        };
        std::thread thread(call);
        call();
        blocking([&thread] { thread.join(); });
    });
}

TEST(once_outside_test, it_needs_no_run_where_nobody_waits) {
    once first;
    int ran = 0;
    first.call([&ran] { ++ran; });
    first.call([&ran] { ++ran; });
    EXPECT_EQ(ran, 1);
}

TEST_P(once_test, a_once_func_runs_once_for_all_its_copies) {
    in_run([] {
        std::atomic<int> ran{0};
        const auto f = once_func([&ran] { ++ran; });
        EXPECT_EQ(ran, 0);
        wait_group all;
        for (int i = 0; i < 10; ++i) {
            all.go([f, &ran] {
                f();
                EXPECT_EQ(ran, 1);
            });
        }
        all.wait();
        EXPECT_EQ(ran, 1);
        static_assert(std::is_void_v<decltype(once_func([] { return 5; })())>);
    });
}

TEST_P(once_test, a_once_value_returns_the_one_result) {
    in_run([] {
        int ran = 0;
        const auto f = once_value([&ran] {
            ++ran;
            return std::make_unique<int>(42);
        });
        const std::unique_ptr<int>& result = f();
        EXPECT_EQ(*result, 42);
        EXPECT_EQ(&f(), &result);
        EXPECT_EQ(ran, 1);
        EXPECT_EQ(once_value([] { return std::string("text"); })(), "text");
    });
}

int seven() {
    return 7;
}

TEST_P(once_test, any_function_will_do) {
    in_run([] {
        EXPECT_EQ(once_value(seven)(), 7);
        EXPECT_EQ(once_value(&seven)(), 7);
        once_func(seven)();
        auto owned = std::make_unique<int>(1);
        EXPECT_EQ(once_value([owned = std::move(owned)] { return *owned; })(), 1);
        struct only_once {
            int operator()() && { return 3; }
        };
        EXPECT_EQ(once_value(only_once{})(), 3);
        int counted = 1;
        const auto f = once_value([&counted]() -> const int& { return counted; });
        EXPECT_EQ(f(), 1);
        counted = 2;
        EXPECT_EQ(f(), 1) << "the result is kept, not what it refers to";
    });
}

template <class F>
const void* thrown_by(const F& f) {
    try {
        f();
    } catch (const std::runtime_error& e) {
        EXPECT_STREQ(e.what(), "failed");
        return &e;
    }
    return nullptr;
}

TEST_P(once_test, every_call_throws_the_same_exception) {
    in_run([] {
        int ran = 0;
        const auto fail = [&ran]() -> int {
            ++ran;
            throw std::runtime_error("failed");
        };
        const auto f = once_func(fail);
        const void* first = thrown_by(f);
        EXPECT_NE(first, nullptr);
        EXPECT_EQ(thrown_by(f), first);
        EXPECT_EQ(thrown_by(f), first);
        EXPECT_EQ(ran, 1);
        const auto v = once_value(fail);
        const void* other = thrown_by(v);
        EXPECT_NE(other, nullptr);
        EXPECT_EQ(thrown_by(v), other);
        EXPECT_EQ(ran, 2);
    });
}

TEST_P(once_test, what_the_function_holds_is_released_when_it_has_ended) {
    in_run([] {
        auto held = std::make_shared<int>(1);
        const std::weak_ptr<int> watch = held;
        const auto f = once_func([held = std::move(held)] {});
        EXPECT_FALSE(watch.expired());
        f();
        EXPECT_TRUE(watch.expired());

        auto other = std::make_shared<int>(1);
        const std::weak_ptr<int> watch_other = other;
        const auto v = once_value([other = std::move(other)]() -> int { throw *other; });
        EXPECT_THROW(v(), int);
        EXPECT_TRUE(watch_other.expired());
    });
}

INSTANTIATE_TEST_SUITE_P(procs, once_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
