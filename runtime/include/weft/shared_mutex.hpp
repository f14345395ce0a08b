// Mutual exclusion between one writer and any number of readers.
#pragma once

#include <weft/detail/wait_list.hpp>
#include <weft/mutex.hpp>

#include <cstdint>

namespace weft {

/// Held by one writer or by any number of readers; a `SharedLockable`. Blocks the goroutine, not
/// the processor. Not owned: any goroutine may unlock it.
///
/// Phase-fair: a writer that waits keeps new readers out, and the readers that have waited for a
/// writer all go before the next one. So neither side starves the other; nor may a reader lock it
/// again while it holds it, since a writer may have come in between. Writers among themselves are
/// as fair as with `mutex`. Holding it as a reader cannot be turned into holding it as the writer.
///
/// `unlock` synchronizes with the next `lock` and `lock_shared`, `unlock_shared` with the next
/// `lock`. Without anybody to wait for, a reader locks and unlocks with one locked instruction
/// each, a writer with two.
class shared_mutex {
public:
    shared_mutex() = default;
    shared_mutex(const shared_mutex&) = delete;
    shared_mutex& operator=(const shared_mutex&) = delete;

    /// Blocks until nobody else holds the mutex. Not reentrant.
    void lock() {
        writers_.lock();
        if (!claim()) {
            claim_contended();
        }
    }
    /// Locks it if nobody holds it and nobody waits. Never blocks.
    bool try_lock();
    /// Ends the process with Go's "fatal error: sync: Unlock of unlocked RWMutex" when no writer
    /// holds it.
    void unlock() {
        std::uint32_t held = writer_bit | phase();
        if (!state_.compare_exchange_strong(held, phase_bit ^ (held & phase_bit),
                                            platform::memory_order_release,
                                            platform::memory_order_relaxed)) {
            admit_readers();
        }
        writers_.unlock();
    }

    /// Blocks while a writer holds the mutex or waits for it: whoever reads already and asks again
    /// may so wait for ever.
    void lock_shared() {
        const std::uint32_t seen = state_.fetch_add(one_reader, platform::memory_order_acquire);
        if ((seen & writer_bit) != 0) {
            wait_for_writer(seen);
        }
    }
    /// Reads if no writer holds the mutex or waits for it. Never blocks.
    bool try_lock_shared() noexcept;
    /// Ends the process with Go's "fatal error: sync: RUnlock of unlocked RWMutex" when no reader
    /// holds it.
    void unlock_shared() {
        const std::uint32_t seen = state_.fetch_sub(one_reader, platform::memory_order_release);
        if (seen < one_reader || (seen & writer_bit) != 0) {
            leave_to_writer(seen);
        }
    }

private:
    // state_: the number of readers, above three bits.
    static constexpr std::uint32_t writer_bit = 1;  // a writer is inside or waits for readers
    static constexpr std::uint32_t queued_bit = 2;  // readers may be in readers_
    static constexpr std::uint32_t phase_bit = 4;   // turned over by every unlock of a writer
    static constexpr std::uint32_t one_reader = 8;

    std::uint32_t phase() const noexcept {
        return state_.load(platform::memory_order_relaxed) & phase_bit;
    }
    bool claim() noexcept {
        std::uint32_t free = phase();
        return state_.compare_exchange_strong(free, free | writer_bit,
                                              platform::memory_order_acquire,
                                              platform::memory_order_relaxed);
    }
    void claim_contended();
    void admit_readers();
    void wait_for_writer(std::uint32_t found);
    void leave_to_writer(std::uint32_t found);

    platform::atomic<std::uint32_t> state_{0};
    std::int32_t inside_ = 0;    // readers that the writer waits for; guarded by writer_'s lock
    mutex writers_;              // held by the writer whose bit is set
    detail::wait_list writer_;   // that writer, while it waits for readers
    detail::wait_list readers_;  // those that wait for it
};

}  // namespace weft
