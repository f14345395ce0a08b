// The monotonic clock.
#pragma once

#include <cstdint>
#include <ctime>

namespace weft::platform {

/// Nanoseconds of CLOCK_MONOTONIC, the clock of std::chrono::steady_clock.
inline std::int64_t now_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace weft::platform
