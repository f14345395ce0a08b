// How to wait for what another thread does within a few instructions, unless it does not run.
#pragma once

#include "platform/thread.hpp"

#include <weft/detail/atomic.hpp>

#include <cstdint>

namespace weft::platform {

/// Waits a little more each time: `attempt` counts from 0.
inline void back_off(int attempt) noexcept {
    // About a microsecond: an uncontended section with its cache misses is over by then, so a
    // longer wait means that the holder does not run.
    constexpr int spins_max = 64;
    constexpr int slices_max = 8;
    constexpr std::int64_t sleep_ns = 50'000;
    if (attempt < spins_max) {
        pause();
    } else if (attempt < spins_max + slices_max) {
        yield_thread();
    } else {
        sleep_thread(sleep_ns);
    }
}

}  // namespace weft::platform
