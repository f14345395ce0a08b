// Sleeping and timeouts, on the steady clock. Nothing here is ever early.
#pragma once

#include <weft/chan.hpp>

#include <chrono>
#include <cstdint>
#include <limits>

namespace weft {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;

/// The steady clock's time.
inline time_point now() noexcept {
    return clock::now();
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
chan<time_point> after_ns(std::int64_t ns);

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
    return detail::after_ns(detail::saturated_ns(d));
}

}  // namespace weft
