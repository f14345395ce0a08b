// A short lock that costs no locked instruction to the thread that uses it most.
//
// Problem. A channel between two goroutines of one processor is locked by the same thread time
// after time, and the locked instruction of each acquisition drains the store buffer: two of them
// were measured to be more than half the cost of moving an element through a buffer.
//
// Rule. The word is 0 (free), 1 (locked), or the identity of a thread with bit 1 set: biased. The
// thread to which the lock is biased enters by raising `inside` and looking at the word again; it
// leaves by lowering `inside`. Any other thread revokes the bias first: it turns the word from the
// identity to 1 by compare-and-swap, passes a heavy fence, and waits until `inside` is low; it then
// holds the lock in the plain way. Bias is given by a thread that holds the lock in the plain
// way and has found itself to be the holder many samples in a row; every revocation doubles that
// number, and after a few there is no bias any more, so that what revocations cost (a system call
// each) stays below what the bias has saved.
//
// Each time that bias is given has an `inside` of its own, whose number stands in the word beside
// the identity. A former owner that was interrupted between reading the word and raising its flag
// may do so at any later time, and lower it again: were it the flag of the present owner too, it
// would hide from a revoker that the present owner is inside.
//
// Why it is right. Owner: store inside, load word. Revoker: store word (the swap), load inside.
// By the asymmetric fence (src/platform/fence.hpp) at least one of them sees the other's store: the
// owner stands back if it sees the word changed, the revoker waits if it sees the owner inside.
// After a revocation the word is never the owner's identity again unless the owner itself, holding
// the lock, puts it there, or a revoker that would have to wait and must not: it has not entered,
// so that putting the identity back restores what was. `inside` is lowered with release and read
// by the revoker with acquire, which orders the critical sections; the plain side is an ordinary
// acquire and release on the word. Where the asymmetric fence is not to be had, no bias is ever
// given.
//
// After Dice, Moir and Scherer, "Quickly reacquirable locks"; the fence takes the place of their
// safepoint.
#pragma once

#include <weft/detail/atomic.hpp>
#include <weft/detail/thread_word.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft::detail {

/// As spin_lock, with a bias. Must be unlocked on the thread that locked it.
class biased_lock {
public:
    void lock() noexcept { lock(platform::thread_word()); }
    /// For a caller that needs its thread's word for more than the lock, and has asked for it.
    void lock(const void* self) noexcept {
        std::uintptr_t seen = word_.load(platform::memory_order_relaxed);
        // The shifted number of the bias where the word is biased to the caller, and larger where
        // not: free and locked lack the address in `self`, and fall below nought where it is null.
        const std::uintptr_t mine = (seen ^ reinterpret_cast<std::uintptr_t>(self)) - biased_bit;
        if (mine <= time_mask) {
            const auto time = static_cast<std::uint8_t>(mine >> time_shift);
            inside_[time].store(true, platform::memory_order_relaxed);
            platform::compiler_barrier();  // the light side of the asymmetric fence
            if (word_.load(platform::memory_order_acquire) == seen) [[likely]] {
                entered_ = static_cast<std::uint8_t>(time + 1);
                return;
            }
            inside_[time].store(false, platform::memory_order_release);
        } else if (seen == free &&
                   word_.compare_exchange_strong(seen, locked, platform::memory_order_acquire,
                                                 platform::memory_order_relaxed)) {
            entered_ = 0;
            return;
        }
        lock_contended();
    }

    /// Never waits; false also when it is the calling thread that holds the lock.
    bool try_lock() noexcept;

    void unlock() noexcept {
        if (entered_ != 0) {
            inside_[entered_ - 1U].store(false, platform::memory_order_release);
        } else if (++acquisitions_ % sample_interval == 0) [[unlikely]] {
            unlock_sampled();
        } else {
            word_.store(free, platform::memory_order_release);
        }
    }

private:
    static constexpr std::uintptr_t free = 0;
    static constexpr std::uintptr_t locked = 1;
    static constexpr std::uintptr_t biased_bit = 2;
    static constexpr unsigned time_shift = 2;
    static constexpr std::uintptr_t time_mask = 3U << time_shift;
    static constexpr std::size_t times_max = (time_mask >> time_shift) + 1;  // bias is given
    static constexpr std::uint8_t sample_interval = 64;

    static std::uint8_t time_of(std::uintptr_t word) noexcept {
        return static_cast<std::uint8_t>((word & time_mask) >> time_shift);
    }

    /// What the word is when biased to the calling thread; `biased_bit` alone on a thread of the
    /// program, and never in the word. Machines are aligned to more than the bits that this uses.
    static std::uintptr_t identity(const void* self) noexcept {
        return reinterpret_cast<std::uintptr_t>(self) | biased_bit;
    }
    void lock_contended() noexcept;
    void unlock_sampled() noexcept;

    platform::atomic<std::uintptr_t> word_{free};
    std::array<platform::atomic<bool>, times_max> inside_{};
    // Guarded by the lock itself.
    std::uint8_t entered_ = 0;  // by bias: one more than the number of the flag. Else 0
    std::uint8_t revocations_ = 0;
    std::uint8_t samples_ = 0;  // in a row that found the same holder
    std::uint8_t acquisitions_ = 0;
    std::uintptr_t last_holder_ = 0;
};

}  // namespace weft::detail
