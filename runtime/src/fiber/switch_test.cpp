#include "fiber/switch.hpp"

#include "fiber/stack_pool.hpp"
#include "platform/thread.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <cerrno>
#include <cfenv>
#include <cstdlib>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace weft::fiber {
namespace {

/// Two parties on one thread: the test itself and a body on a stack of its own.
class switch_test : public testing::Test {
protected:
    switch_test() {
        stacks_.open(64 << 10, &switch_test::begin);
        int got = 0;
        other_ = stacks_.take(1, &got);
        other_->occupant = this;
        bind_to_this_thread(thread_);
        adopt_thread(own_.sanitizer);
    }

    /// The test's side: lets the body go on until it comes back or ends.
    void enter(departure_action action = {}) {
        pass_baton();
        switch_to(own_, other_->self, thread_, action);
        pass_baton();
    }
    void enter_from_another_thread() {
        std::thread([this] {
            own_ = context{};
            bind_to_this_thread(thread_);
            adopt_thread(own_.sanitizer);
            enter();
        }).join();
    }
    /// The body's side.
    void leave(departure_action action = {}) {
        pass_baton();
        here_ = &switch_to(other_->self, own_, *here_, action);
        pass_baton();
    }

    std::function<void()> body;

private:
    static void begin(context& self, thread_state& thread) {
        auto& mine = *static_cast<switch_test*>(reinterpret_cast<stack&>(self).occupant);
        mine.pass_baton();
        mine.here_ = &thread;
        mine.body();
        mine.leave();
        std::abort();
    }

    // A switch orders nothing, as the thread sanitizer is told: what follows it here must be
    // ordered after what went before.
    void pass_baton() { baton_.fetch_add(1); }

    std::atomic<int> baton_{0};
    stack_pool stacks_;
    stack* other_ = nullptr;
    context own_;
    thread_state thread_;
    thread_state* here_ = nullptr;
};

TEST_F(switch_test, control_goes_to_and_fro) {
    std::vector<int> order;
    body = [&] {
        order.push_back(1);
        leave();
        order.push_back(3);
    };
    enter();
    order.push_back(2);
    enter();
    order.push_back(4);
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(switch_test, the_action_runs_after_leaving_and_before_arriving) {
    std::vector<std::string> order;
    const auto note = [](void* log) {
        static_cast<std::vector<std::string>*>(log)->emplace_back("action");
    };
    body = [&] {
        order.emplace_back("arrived");
        leave({note, &order});
    };
    order.emplace_back("left");
    enter({note, &order});
    order.emplace_back("back");
    EXPECT_EQ(order, (std::vector<std::string>{"left", "action", "arrived", "action", "back"}));
}

TEST_F(switch_test, errno_stays_with_its_stack) {
    body = [&] {
        *platform::errno_address() = ENOENT;
        leave();
        EXPECT_EQ(*platform::errno_address(), ENOENT);
    };
    *platform::errno_address() = EAGAIN;
    enter();
    EXPECT_EQ(*platform::errno_address(), EAGAIN);
    *platform::errno_address() = EINTR;
    enter();
    EXPECT_EQ(*platform::errno_address(), EINTR);
}

TEST_F(switch_test, the_exception_that_is_handled_stays_with_its_stack) {
    const auto current = [] {
        try {
            std::rethrow_exception(std::current_exception());
        } catch (const std::exception& e) {
            return std::string(e.what());
        }
    };
    body = [&] {
        EXPECT_EQ(std::current_exception(), nullptr);
        try {
            throw std::runtime_error("the body's");
        } catch (const std::exception&) {
            leave();
            EXPECT_EQ(current(), "the body's");
        }
        EXPECT_EQ(std::current_exception(), nullptr);
    };
    try {
        throw std::runtime_error("the test's");
    } catch (const std::exception&) {
        enter();
        EXPECT_EQ(current(), "the test's");
    }
    EXPECT_EQ(std::current_exception(), nullptr);
    enter();
    EXPECT_EQ(std::current_exception(), nullptr);
}

TEST_F(switch_test, the_count_of_exceptions_under_way_stays_with_its_stack) {
    struct leaves_in_destructor {
        std::function<void()> leave;
        int* uncaught;
        ~leaves_in_destructor() {
            leave();
            *uncaught = std::uncaught_exceptions();
        }
    };
    int seen = -1;
    body = [&] {
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        try {
            const leaves_in_destructor guard{[this] { leave(); }, &seen};
            throw std::runtime_error("under way");
        } catch (const std::exception&) {
        }
        EXPECT_EQ(std::uncaught_exceptions(), 0);
    };
    enter();
    EXPECT_EQ(std::uncaught_exceptions(), 0);
    enter();
    EXPECT_EQ(seen, 1);
    EXPECT_EQ(std::uncaught_exceptions(), 0);
}

TEST_F(switch_test, the_rounding_mode_stays_with_its_stack) {
    body = [&] {
        ASSERT_EQ(std::fesetround(FE_UPWARD), 0);
        leave();
        EXPECT_EQ(std::fegetround(), FE_UPWARD);
        leave();
    };
    enter();
    EXPECT_EQ(std::fegetround(), FE_TONEAREST);
    enter();
    EXPECT_EQ(std::fegetround(), FE_TONEAREST);
}

#if defined(__x86_64__)
TEST_F(switch_test, mxcsr_stays_with_its_stack) {
    constexpr unsigned flush_to_zero = 0x8000;
    const unsigned before = _mm_getcsr();
    body = [&] {
        _mm_setcsr(before | flush_to_zero);
        leave();
        EXPECT_NE(_mm_getcsr() & flush_to_zero, 0U);
    };
    enter();
    EXPECT_EQ(_mm_getcsr() & flush_to_zero, before & flush_to_zero);
    enter();
}
#endif

TEST_F(switch_test, a_stack_goes_on_on_another_thread) {
    std::vector<int> threads;
    body = [&] {
        threads.push_back(platform::thread_id());
        *platform::errno_address() = ENOENT;
        leave();
        threads.push_back(platform::thread_id());
        EXPECT_EQ(*platform::errno_address(), ENOENT);
    };
    enter();
    enter_from_another_thread();
    ASSERT_EQ(threads.size(), 2U);
    EXPECT_EQ(threads[0], platform::thread_id());
    EXPECT_NE(threads[1], platform::thread_id());
}

TEST_F(switch_test, a_caught_exception_goes_along_to_another_thread) {
    body = [&] {
        try {
            throw std::runtime_error("taken along");
        } catch (const std::exception& e) {
            leave();
            EXPECT_NE(std::current_exception(), nullptr);
            EXPECT_STREQ(e.what(), "taken along");
        }
        EXPECT_EQ(std::current_exception(), nullptr);
    };
    enter();
    EXPECT_EQ(std::current_exception(), nullptr);
    enter_from_another_thread();
}

}  // namespace
}  // namespace weft::fiber
