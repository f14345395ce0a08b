// The clocks.
#pragma once

#include <cstdint>
#include <ctime>

namespace weft::platform {

inline std::int64_t read_clock_ns(clockid_t clock) noexcept {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/// Nanoseconds of CLOCK_MONOTONIC, the clock of std::chrono::steady_clock.
inline std::int64_t now_ns() noexcept {
    return read_clock_ns(CLOCK_MONOTONIC);
}

}  // namespace weft::platform
