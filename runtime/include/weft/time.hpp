// Sleeping, timeouts, timers and tickers, on the steady clock. Nothing here is ever early.
#pragma once

#include <weft/chan.hpp>
#include <weft/detail/bubble.hpp>
#include <weft/source_location.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft {

/// The clock of every deadline and timeout; wall time is `<chrono>`'s.
///@{
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;
///@}

/// The steady clock's time; in a bubble (testing.hpp) the bubble's.
inline time_point now() noexcept {
    return detail::bubbles_exist() ? detail::find_time_of_caller() : clock::now();
}

namespace detail {

/// Nanoseconds, rounded up; what does not fit saturates to never.
template <class Rep, class Period>
constexpr std::int64_t saturated_ns(std::chrono::duration<Rep, Period> d) noexcept {
    using source = std::chrono::duration<Rep, Period>;
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    if (d <= source::zero()) {
        return 0;
    }
    if (std::chrono::duration<long double>(d).count() >= 9.2e9L) {
        return never;
    }
    return std::chrono::ceil<std::chrono::nanoseconds>(d).count();
}

void sleep_ns(std::int64_t ns);
/// Armed; with a period of 0 it fires once.
chan<time_point> new_timer_channel(std::int64_t ns, std::int64_t period_ns);

}  // namespace detail

/// Blocks the goroutine for at least `d`; zero and less return at once. On a plain thread inside
/// `run` it blocks the thread.
template <class Rep, class Period>
void sleep(std::chrono::duration<Rep, Period> d) {
    detail::sleep_ns(detail::saturated_ns(d));
}

/// A channel that receives the due time once `d` has passed. Nothing is to be released: a channel
/// that nobody holds any more takes its timer with it.
template <class Rep, class Period>
recv_chan<time_point> after(std::chrono::duration<Rep, Period> d) {
    return detail::new_timer_channel(detail::saturated_ns(d), 0);
}

namespace detail {

/// What after_func runs, without its type.
class timed_function {
public:
    timed_function() = default;
    virtual ~timed_function() = default;
    timed_function(const timed_function&) = delete;
    timed_function& operator=(const timed_function&) = delete;
    virtual void call() = 0;
};

template <class F>
class timed_function_of final : public timed_function {
public:
    explicit timed_function_of(F function) : function_(std::move(function)) {}
    void call() override { function_(); }

private:
    F function_;
};

class timed_call;
timed_call* new_timed_call(std::int64_t ns, std::unique_ptr<timed_function> function,
                           source_location started_at);

}  // namespace detail

/// One event in the future. Movable; destroying it stops it. What `stop` and `reset` do is at one
/// instant with respect to firing and receiving: nothing that was due before is received after
/// them. May be used from any thread, but not while it is moved or destroyed.
///
/// | state               | `chan()` holds    | `stop` returns | `reset` returns |
/// |---------------------|-------------------|----------------|-----------------|
/// | armed               | nothing           | true           | true            |
/// | fired, not received | the due time      | true           | true            |
/// | received or stopped | nothing           | false          | false           |
/// | moved from          | is the nil channel| panics         | panics          |
///
/// A timer of `after_func` has no channel; it is armed or not, and its function is started when it
/// fires. A timer that was made in a bubble (testing.hpp) goes by the bubble's time, and is for the
/// bubble's goroutines alone, but for being destroyed.
class timer {
public:
    /// Fires once `d` has passed; at once when it is zero or less. Throws std::logic_error outside
    /// `run`, `resource_error` when there is no memory for it.
    template <class Rep, class Period>
    explicit timer(std::chrono::duration<Rep, Period> d)
        : chan_(detail::new_timer_channel(detail::saturated_ns(d), 0)) {}
    /// What is assigned over is stopped. Nothing is left in `other`.
    ///@{
    timer(timer&& other) noexcept
        : chan_(std::move(other.chan_)), call_(std::exchange(other.call_, nullptr)) {}
    timer& operator=(timer&& other) noexcept;
    ///@}
    ~timer() { destroy(); }

    /// Receives the time at which the timer was due, once for each setting; its `len` and `cap` are
    /// 0. Never closed. The nil channel for a timer of `after_func`.
    recv_chan<time_point> chan() const noexcept { return chan_; }
    /// Whether it kept the timer from firing, or the time from being received. Does not wait for a
    /// function that `after_func` has started. Never blocks.
    bool stop();
    /// Stops the timer, and sets it as if it was new; returns what `stop` would have. Throws as the
    /// constructor, and the timer is stopped then.
    template <class Rep, class Period>
    bool reset(std::chrono::duration<Rep, Period> d) {
        return reset_ns(detail::saturated_ns(d));
    }

    /// Takes over one reference; the runtime's own.
    explicit timer(detail::timed_call* owned) noexcept : call_(owned) {}

private:
    bool reset_ns(std::int64_t ns);
    void destroy() noexcept;

    recv_chan<time_point> chan_;
    detail::timed_call* call_ = nullptr;
};

/// Runs `f` in a goroutine of its own once `d` has passed, unless the timer is stopped or destroyed
/// before; again after each `reset`. Runs do not wait for each other. While it is pending there is
/// no deadlock. Throws as the constructor of `timer`.
template <class Rep, class Period, class F>
requires std::invocable < std::decay_t<F>
& > [[nodiscard]] timer after_func(std::chrono::duration<Rep, Period> d, F&& f,
                                   source_location started_at = source_location::current()) {
    return timer(detail::new_timed_call(
        detail::saturated_ns(d),
        std::make_unique<detail::timed_function_of<std::decay_t<F>>>(std::forward<F>(f)),
        started_at));
}

/// Fires again and again, every period. A receiver that is late finds one tick, and misses those
/// that came meanwhile; the others keep their distance from the start. Movable; destroying it stops
/// it. Thread-safe, and in bubbles, as `timer`.
class ticker {
public:
    /// Throws `panic` "non-positive interval for NewTicker"; else as `timer`.
    template <class Rep, class Period>
    explicit ticker(std::chrono::duration<Rep, Period> period)
        : ticker(detail::saturated_ns(period)) {}
    /// What is assigned over is stopped. Nothing is left in `other`.
    ///@{
    ticker(ticker&& other) noexcept = default;
    ticker& operator=(ticker&& other) noexcept;
    ///@}
    ~ticker() { destroy(); }

    /// Receives the times at which ticks were due; its `len` and `cap` are 0. Never closed.
    recv_chan<time_point> chan() const noexcept { return chan_; }
    /// No tick is received from now on. A moved-from ticker's does nothing.
    void stop();
    /// The next tick is a period from now; no older one is received. Throws `panic` "non-positive
    /// interval for Ticker.Reset"; else as `timer`.
    template <class Rep, class Period>
    void reset(std::chrono::duration<Rep, Period> period) {
        reset_ns(detail::saturated_ns(period));
    }

private:
    explicit ticker(std::int64_t period_ns);
    void destroy() noexcept;
    void reset_ns(std::int64_t period_ns);

    recv_chan<time_point> chan_;
};

}  // namespace weft
