// The runtime's short lock.
#pragma once

#include <weft/detail/atomic.hpp>

#include <cstdint>

namespace weft::detail {

/// Mutual exclusion for sections of some tens of nanoseconds that neither block nor switch.
///
/// Unlocking is a plain store, which is what makes it cheap. The price is that a waiter cannot
/// sleep on the holder; it spins for a bounded time, then gives its time slice away, then sleeps
/// for fixed short times, so that a holder that the kernel has descheduled gets the processor.
/// Unlock synchronizes with the next lock.
class spin_lock {
public:
    void lock() noexcept {
        if (word_.exchange(1, platform::memory_order_acquire) != 0) {
            lock_contended();
        }
    }
    bool try_lock() noexcept {
        return word_.load(platform::memory_order_relaxed) == 0 &&
               word_.exchange(1, platform::memory_order_acquire) == 0;
    }
    void unlock() noexcept { word_.store(0, platform::memory_order_release); }

private:
    void lock_contended() noexcept;
    platform::atomic<std::uint32_t> word_{0};
};

}  // namespace weft::detail
