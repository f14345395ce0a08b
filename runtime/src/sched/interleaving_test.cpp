// Interleavings that luck brings once in a million: a thread is held up between two steps of the
// runtime, and another overtakes it.
//
// The linker puts the functions at the head of this file before three of the library's (`--wrap`,
// see cmake/tests.cmake). They are places at which a test holds a thread up, and from which it
// learns how far another has come.
#include "platform/epoll.hpp"
#include "platform/thread.hpp"
#include "sched/panic_of.hpp"
#include "sched/scheduler.hpp"

#include <weft/chan.hpp>
#include <weft/diagnostics.hpp>
#include <weft/runtime.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include "net/connections.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <concepts>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

/// Without the runtime's help, which would be one more of its steps.
template <std::predicate Predicate>
void wait_for(Predicate happened) {
    while (!happened()) {
        platform::yield_thread();
    }
}

/// The next switch away on a machine's thread, which runs an action of the test before it.
class next_departure {
public:
    void hold_up_here(std::function<void()> action) {
        action_ = std::move(action);
        machine_.store(sched::current_machine(), std::memory_order_release);
    }
    void pass(void* machine) {
        if (machine == machine_.load(std::memory_order_acquire) && machine != nullptr) {
            machine_.store(nullptr, std::memory_order_relaxed);
            std::exchange(action_, {})();
        }
    }

private:
    std::atomic<void*> machine_{nullptr};
    std::function<void()> action_;
};
next_departure departure;

/// The keeper on its way into the poller, held up until the bell has been rung and another machine
/// has looked for events.
class keeper_wait {
public:
    enum class step { unwatched, expected, held_up, rung, overtaken, over };

    void expect() { at_.store(step::expected); }
    /// Whether a keeper may be in the poller, or about to be, without having been held up.
    bool may_sleep() const { return asleep_.load() != 0; }
    void sleeps() { ++asleep_; }
    void woke() { --asleep_; }
    bool is(step which) const { return at_.load() == which; }
    bool hold_up() {
        step expected = step::expected;
        if (!at_.compare_exchange_strong(expected, step::held_up)) {
            return false;
        }
        wait_for([this] { return is(step::overtaken); });
        return true;
    }
    void rang() { at_.store(step::rung); }
    void overtake() {
        step rung = step::rung;
        at_.compare_exchange_strong(rung, step::overtaken);
    }
    void end(bool bell_is_up) {
        bell_is_up_ = bell_is_up;
        at_.store(step::over);
    }
    bool bell_is_up() const { return bell_is_up_; }

private:
    std::atomic<step> at_{step::unwatched};
    std::atomic<int> asleep_{0};
    bool bell_is_up_ = false;
};
keeper_wait keeper;

std::atomic<int> contender_watched{0};  // a thread
std::atomic<bool> contends{false};

}  // namespace
}  // namespace weft

namespace weft::fiber {

thread_state& real_switch(context& from, context& to, thread_state& thread,
                          departure_action action) noexcept asm("__real_" WEFT_SWITCH_TO);
thread_state& held_up_switch(context& from, context& to, thread_state& thread,
                             departure_action action) noexcept asm("__wrap_" WEFT_SWITCH_TO);

thread_state& held_up_switch(context& from, context& to, thread_state& thread,
                             departure_action action) noexcept {
    departure.pass(thread.owner);
    return real_switch(from, to, thread, action);
}

}  // namespace weft::fiber

namespace weft::platform {

int real_wait(int epoll, epoll_event* events, int count, std::int64_t timeout_ns) noexcept
    asm("__real_" WEFT_EPOLL_WAIT);
int held_up_wait(int epoll, epoll_event* events, int count, std::int64_t timeout_ns) noexcept
    asm("__wrap_" WEFT_EPOLL_WAIT);

int held_up_wait(int epoll, epoll_event* events, int count, std::int64_t timeout_ns) noexcept {
    if (timeout_ns == 0) {  // in passing: only the keeper waits
        const int found = real_wait(epoll, events, count, 0);
        keeper.overtake();
        return found;
    }
    keeper.sleeps();  // before it can be seen whether it is expected
    if (!keeper.hold_up()) {
        const int found = real_wait(epoll, events, count, timeout_ns);
        keeper.woke();
        return found;
    }
    keeper.woke();
    // What is not up now would be waited for without an end.
    const int found = real_wait(epoll, events, count, 0);
    keeper.end(found != 0);
    return found;
}

}  // namespace weft::platform

namespace weft::detail {

void real_lock_contended(spin_lock* self) noexcept asm("__real_" WEFT_LOCK_CONTENDED);
void told_lock_contended(spin_lock* self) noexcept asm("__wrap_" WEFT_LOCK_CONTENDED);

void told_lock_contended(spin_lock* self) noexcept {
    if (contender_watched.load() == platform::thread_id()) {
        contends.store(true);
    }
    real_lock_contended(self);
}

}  // namespace weft::detail

namespace weft {
namespace {

/// A goroutine comes back from `blocking` and finds no processor; before it is queued for one,
/// everything else ends.
TEST(interleaving_test, who_comes_back_and_is_not_queued_yet_is_no_deadlock) {
    bool held_up = false;
    const auto body = [&held_up] {
        std::atomic<bool> runs{false};
        std::atomic<bool> over{false};
        go([&] {
            runs = true;
            sched::yield_until([&over] { return over.load(); });
        });
        blocking([&] {
            wait_for([&runs] { return runs.load(); });  // and keeps the only processor
            departure.hold_up_here([&] {
                held_up = true;
                const std::uint64_t sleeps = stats().futex_sleeps;
                over = true;
                // Nobody sleeps as the last one without having looked for a deadlock.
                wait_for([sleeps] { return stats().futex_sleeps > sleeps; });
            });
        });
    };
    EXPECT_NO_THROW(run(body, {.procs = 1, .on_deadlock = on_deadlock::throw_error}));
    EXPECT_TRUE(held_up);
}

/// Runs `overtake` as main while the keeper is on its way to sleep, with nothing to wake up for but
/// the bell.
/// All processors but main's are busy until the end.
template <std::invocable F>
void overtake_keeper(int procs, F overtake) {
    run(
        [&] {
            std::atomic<int> computing{1};  // main
            std::atomic<bool> ends{false};
            wait_group others;
            for (int i = 1; i < procs; ++i) {
                others.go([&] {
                    ++computing;
                    wait_for([&ends] { return ends.load(); });
                });
            }
            sched::yield_until([&] { return computing == procs; });
            net::connected_pair pair;
            wait_group read;
            const std::uint64_t parked = stats().parks;
            read.go([&pair] { net::read_text(pair.one, 1); });  // or nobody looks for events
            sched::yield_until_parked(parked + 1);
            keeper.expect();
            if (keeper.may_sleep()) {  // the monitor wanted a second machine: once more
                sched::active()->network().ring();
            }
            blocking([] { wait_for([] { return keeper.is(keeper_wait::step::held_up); }); });
            sched::active()->network().ring();
            keeper.rang();
            overtake();
            wait_for([] { return keeper.is(keeper_wait::step::over); });
            EXPECT_TRUE(keeper.bell_is_up());
            net::write_text(pair.other, "x");
            read.wait();
            ends = true;
            others.wait();
        },
        {.procs = procs});
}

/// With another processor busy: where all rest, who sleeps last rings once more.
TEST(interleaving_test, a_machine_without_work_leaves_the_bell_to_the_keeper) {
    overtake_keeper(2, [] {
        while (keeper.is(keeper_wait::step::rung)) {
            sleep(1ms);  // is over at once, without a look, where it took longer to begin
        }
    });
}

TEST(interleaving_test, a_busy_machine_leaves_the_bell_to_the_keeper) {
    overtake_keeper(1,
                    [] { sched::yield_until([] { return !keeper.is(keeper_wait::step::rung); }); });
}

/// While a second waiter holds the group's lock, the count reaches zero, and goes up again before
/// whoever brought it there has the lock.
TEST(interleaving_test, a_wait_group_counted_up_from_zero_while_somebody_waits_is_noticed) {
    const auto body = [] {
        wait_group group;
        std::string said = "nothing";
        std::thread counts_down;
        group.add(1);
        wait_group returned;
        returned.go([&group] { group.wait(); });
        returned.go([&] {
            departure.hold_up_here([&] {  // in `wait`, with the lock
                counts_down = std::thread([&] {
                    contender_watched = platform::thread_id();
                    said = sched::panic_of([&group] { group.done(); });
                });
                wait_for([] { return contends.load(); });
                group.add(1);
            });
            group.wait();
        });
        sched::yield_until([&counts_down] { return counts_down.joinable(); });
        counts_down.join();
        ASSERT_EQ(said, "sync: WaitGroup misuse: Add called concurrently with Wait");
        group.done();
        returned.wait();
    };
    run(body, {.procs = 1});
}

}  // namespace
}  // namespace weft
