// Mutual exclusion between goroutines.
#pragma once

#include <weft/detail/wait_list.hpp>

#include <cstdint>

namespace weft {

/// Mutual exclusion between goroutines and threads; a `Lockable`. Blocks the goroutine, not the
/// processor. Not owned: any goroutine may unlock it. In Go's two modes: a newcomer may overtake
/// those who wait, until one has waited for a millisecond; then the mutex is handed over in order.
/// May be destroyed by whoever has found, with it locked, to be the last to use it. `unlock`
/// synchronizes with the next `lock`.
class mutex {
public:
    mutex() = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    /// Blocks until the mutex is the caller's. Not reentrant.
    void lock() {
        std::uint32_t free = 0;
        if (!state_.compare_exchange_strong(free, locked_bit, platform::memory_order_acquire,
                                            platform::memory_order_relaxed)) {
            lock_contended();
        }
    }
    /// Locks it if it is free and nobody is to be handed it. Never blocks.
    bool try_lock() noexcept {
        std::uint32_t seen = state_.load(platform::memory_order_relaxed);
        return (seen & (locked_bit | starving_bit)) == 0 &&
               state_.compare_exchange_strong(seen, seen | locked_bit,
                                              platform::memory_order_acquire,
                                              platform::memory_order_relaxed);
    }
    /// Ends the process with Go's "fatal error: sync: unlock of unlocked mutex" when it is not
    /// locked.
    void unlock() {
        std::uint32_t only_locked = locked_bit;
        if (!state_.compare_exchange_strong(only_locked, 0, platform::memory_order_release,
                                            platform::memory_order_relaxed)) {
            unlock_contended();
        }
    }

private:
    static constexpr std::uint32_t locked_bit = 1;
    static constexpr std::uint32_t starving_bit = 2;
    static constexpr std::uint32_t waiters_bit = 4;  // somebody is in waiting_
    void lock_contended();
    void unlock_contended();
    bool release(detail::wait_node* next) noexcept;

    platform::atomic<std::uint32_t> state_{0};
    detail::wait_list waiting_;
};

}  // namespace weft
