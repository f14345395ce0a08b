#include <weft/detail/biased_lock.hpp>

#include "platform/back_off.hpp"
#include "platform/fence.hpp"

namespace weft::detail {

namespace {

// A revocation costs a few microseconds, an acquisition by the owner saves a few nanoseconds: some
// five hundred acquisitions must be expected to follow. Doubled by each revocation, up to the last.
constexpr unsigned samples_wanted = 8;

}  // namespace

void biased_lock::lock_contended() noexcept {
    for (int attempt = 0;; ++attempt) {
        std::uintptr_t seen = word_.load(platform::memory_order_relaxed);
        if (seen == locked) {
            platform::back_off_seldom(attempt);
            continue;
        }
        if (!word_.compare_exchange_strong(seen, locked, platform::memory_order_acquire,
                                           platform::memory_order_relaxed)) {
            continue;
        }
        if (seen != free) {
            platform::heavy_fence();
            for (int waiting = 0; inside_[time_of(seen)].load(platform::memory_order_acquire);
                 ++waiting) {
                platform::back_off(waiting);
            }
            ++revocations_;
            samples_ = 0;
        }
        entered_ = 0;
        return;
    }
}

bool biased_lock::try_lock() noexcept {
    std::uintptr_t seen = word_.load(platform::memory_order_relaxed);
    // Who else is inside is a hint; that the calling thread is, is certain.
    const bool entered =
        seen > locked && inside_[time_of(seen)].load(platform::memory_order_relaxed);
    if (seen == locked || entered ||
        !word_.compare_exchange_strong(seen, locked, platform::memory_order_acquire,
                                       platform::memory_order_relaxed)) {
        return false;
    }
    if (seen != free) {
        platform::heavy_fence();
        if (inside_[time_of(seen)].load(platform::memory_order_acquire)) {
            word_.store(seen, platform::memory_order_release);
            return false;
        }
        ++revocations_;
        samples_ = 0;
    }
    entered_ = 0;
    return true;
}

void biased_lock::unlock_sampled() noexcept {
    const std::uintptr_t holder = identity(platform::thread_word());
    samples_ = holder == last_holder_ ? static_cast<std::uint8_t>(samples_ + 1) : 0;
    last_holder_ = holder;
    const bool wanted = holder != biased_bit && platform::detail::membarrier_ready &&
                        revocations_ < times_max && samples_ >= (samples_wanted << revocations_);
    const std::uintptr_t biased = holder | std::uintptr_t{revocations_} << time_shift;
    word_.store(wanted ? biased : free, platform::memory_order_release);
}

}  // namespace weft::detail
