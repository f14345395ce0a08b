// Testing programs of goroutines: time that passes only when nothing else happens.
#pragma once

#include <weft/source_location.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <utility>

namespace weft {

namespace detail {
void run_bubble(void (*body)(void*), void* argument, source_location started_at);
}

/// Runs `f` in a new goroutine in a bubble: that goroutine, all that it starts, and all that these
/// start, with a clock of their own. Blocks until all of them have ended; then rethrows what left
/// `f` as an exception. Called from a goroutine; outside `run` it brings a runtime of its own.
///
/// `now()` begins 946'684'800 seconds after the clock's epoch, in each bubble, and stands still
/// while any goroutine of the bubble has anything to do. When all of them are durably blocked it
/// moves on to the next event of a sleep, a timeout, a timer, a ticker or a context, which takes no
/// time. It stops for good when `f` has returned. Events happen in the order of their times, and
/// what one makes happen has happened before the next one.
///
/// A goroutine is durably blocked when only its bubble can make it go on. These waits are durable:
///   - sends to and receives from channels made in the bubble, and nil ones;
///   - `select` when all its channels are of that kind, those of the bubble's timers included;
///   - `wait_group::wait` when the count was brought up from zero in the bubble; so for `group`;
///   - `semaphore::acquire` when the semaphore was made in the bubble;
///   - `condition_variable::wait`, `sleep`, and `bubble_wait`.
/// Mutexes, `once`, the network and `blocking` are not: others may end these waits.
///
/// Throws `deadlock_error` when all are durably blocked for good: "deadlock: all goroutines in
/// bubble are blocked" or, once `f` has returned, "deadlock: main bubble goroutine has exited but
/// blocked goroutines remain", with a description of these goroutines. They stay as they are until
/// the run ends. When `f` was left by an exception, that is thrown instead.
///
/// Channels, timers, tickers, groups and contexts that were made in a bubble are of it. Who uses
/// such a channel from outside, or stops or resets such a timer, gets a `panic`, "receive on
/// synctest channel from outside bubble" and the like; destroying them is allowed to all. Who
/// counts in a `wait_group` or `group` of a bubble from outside, wakes a goroutine of a bubble, or
/// cancels a bubble's context from outside while the bubble is there ends the process. A timer made
/// outside and used inside goes by the real time, and so do the network's deadlines.
///
/// Any number of bubbles may be active at the same time; they know nothing of each other. Calling
/// it in a bubble is a `panic`, "synctest.Run called from within a synctest bubble". Throws
/// std::logic_error on a plain thread inside `run`, `resource_error` when there is no memory for
/// it. What happens in the bubble happens before it returns. Costs some microseconds; each advance
/// of the clock two switches of goroutines and O(log n) with n timers.
template <std::invocable F>
void bubble(F&& f, source_location started_at = source_location::current()) {
    struct frame {
        F& f;
        std::exception_ptr error{};
    } state{f};
    const auto rethrow = [&state] {
        if (state.error != nullptr) {
            std::rethrow_exception(state.error);
        }
    };
    try {
        detail::run_bubble(
            [](void* argument) {
                auto& self = *static_cast<frame*>(argument);
                try {
                    std::invoke(std::forward<F>(self.f));
                } catch (...) {
                    self.error = std::current_exception();  // null after goexit, which goes on
                }
            },
            &state, started_at);
    } catch (...) {
        rethrow();  // why others were left waiting
        throw;
    }
    rethrow();
}

/// Blocks until all other goroutines of the caller's bubble are durably blocked, or have ended; no
/// time passes. What they did before happens before it returns. A `panic` "goroutine is not in a
/// bubble" outside, and "wait already in progress" while another goroutine of the bubble is in it.
void bubble_wait();

}  // namespace weft
