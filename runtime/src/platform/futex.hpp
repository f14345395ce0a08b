// Sleeping and waking of operating-system threads.
//
// std::condition_variable is not used: glibc's can lose a wake-up (sourceware 25847), and it takes
// a mutex besides.
#pragma once

#include <weft/detail/atomic.hpp>

#include <cstdint>

namespace weft::platform {

/// Sleeps while `word` holds `expected`. May return early for no reason: the caller loops.
/// `timeout_ns` < 0 means for ever. errno is left as it was.
void futex_wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t timeout_ns = -1) noexcept;

/// Wakes at most `count` threads that sleep on `word`. errno is left as it was.
void futex_wake(atomic<std::uint32_t>& word, int count) noexcept;

/// A one-shot permit: `set` lets the one thread that waits, or will wait, pass once.
class event {
public:
    /// Sleeps until `set`; consumes it. Synchronizes with the `set` that it consumes.
    void wait() noexcept;
    /// As wait, but gives up after `timeout_ns`; false when it gave up.
    bool wait_for(std::int64_t timeout_ns) noexcept;
    void set() noexcept;

private:
    static constexpr std::uint32_t clear_value = 0;
    static constexpr std::uint32_t set_value = 1;
    static constexpr std::uint32_t waiting_value = 2;
    atomic<std::uint32_t> word_{clear_value};
};

}  // namespace weft::platform
