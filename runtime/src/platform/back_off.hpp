// How to wait for what another thread does within a few instructions, unless it does not run.
#pragma once

#include "platform/thread.hpp"

#include <weft/detail/atomic.hpp>

#include <cstdint>

namespace weft::platform {

/// For a waiter whose lock's holder does not seem to run: gives the time slice away, later sleeps.
/// `attempt` counts from 0.
inline void give_way(int attempt) noexcept {
    constexpr int slices_max = 8;
    constexpr std::int64_t sleep_ns = 50'000;
    if (attempt < slices_max) {
        yield_thread();
    } else {
        sleep_thread(sleep_ns);
    }
}

/// Waits a little more each time: `attempt` counts from 0.
inline void back_off(int attempt) noexcept {
    // About a microsecond: an uncontended section with its cache misses is over by then, so a
    // longer wait means that the holder does not run.
    constexpr int spins_max = 64;
    if (attempt < spins_max) {
        pause();
    } else {
        give_way(attempt - spins_max);
    }
}

/// As `back_off`, for a lock that its holder will want again at once. Each look at the lock takes
/// its cache line from the holder, and where the lock changes hands, what it guards follows line by
/// line: some fifty nanoseconds each time, several times what the section itself takes. Whoever
/// looks seldom lets the holder do its next few dozen sections out of its own cache.
inline void back_off_seldom(int attempt) noexcept {
    constexpr int looks_max = 4;
    constexpr int pauses = 32;
    if (attempt < looks_max) {
        for (int i = 0; i < pauses; ++i) {
            pause();
        }
    } else {
        give_way(attempt - looks_max);
    }
}

}  // namespace weft::platform
