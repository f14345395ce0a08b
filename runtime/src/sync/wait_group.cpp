#include <weft/wait_group.hpp>

#include "sched/report.hpp"

#include <weft/detail/chan_core.hpp>
#include <weft/error.hpp>

#include <mutex>

namespace weft {

namespace {
constexpr int count_shift = 32;
constexpr std::uint64_t bubble_flag = 0x8000'0000;
constexpr std::uint64_t waiters_mask = 0x7FFF'FFFF;
constexpr const char* inside_and_outside =
    "sync: WaitGroup.Add called from inside and outside synctest bubble";

std::int32_t count_of(std::uint64_t state) noexcept {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(state >> count_shift));
}
}  // namespace

/// The caller, who is in a bubble, is about to count.
void wait_group::associate(detail::bubble_id bubble) {
    const std::uint64_t state = state_.load(platform::memory_order_acquire);
    if (count_of(state) == 0) {
        bubble_.store(bubble, platform::memory_order_relaxed);
        // release: who sees the flag sees which bubble it is.
        state_.fetch_or(bubble_flag, platform::memory_order_release);
    } else if ((state & bubble_flag) == 0) {
        sched::report_fatal(inside_and_outside);
    } else if (bubble_.load(platform::memory_order_relaxed) != bubble) {
        sched::report_fatal("sync: WaitGroup.Add called from multiple synctest bubbles");
    }
}

/// The caller, who is in no bubble, has counted by `n`, and found the flag.
void wait_group::dissociate(std::uint64_t state, std::int64_t n) {
    if (count_of(state) != n) {
        sched::report_fatal(inside_and_outside);
    }
    state_.fetch_and(~bubble_flag, platform::memory_order_relaxed);
}

bool wait_group::waits_durably(std::uint64_t state) const noexcept {
    return (state & bubble_flag) != 0 &&
           bubble_.load(platform::memory_order_relaxed) == detail::bubble_of_caller();
}

void wait_group::add(std::int64_t n) {
    const detail::bubble_id bubble = detail::bubble_of_caller();
    if (bubble != detail::no_bubble) [[unlikely]] {
        associate(bubble);
    }
    const std::uint64_t delta = static_cast<std::uint64_t>(n) << count_shift;
    // acq_rel: what each did before `done` is visible to whoever brings the count to zero, and
    // through it to those who wait.
    const std::uint64_t state = state_.fetch_add(delta, platform::memory_order_acq_rel) + delta;
    const bool fits = (state & bubble_flag) == 0 || bubble != detail::no_bubble;
    if (!fits || count_of(state) <= 0) [[unlikely]] {
        settle(state, n, fits);
    }
}

/// The caller has counted by `n`, which led to `state`: that is not the usual count above zero, or
/// does not fit to the bubble that was there.
void wait_group::settle(std::uint64_t state, std::int64_t n, bool fits) {
    if (!fits) [[unlikely]] {
        dissociate(state, n);
    }
    if (count_of(state) < 0) {
        const std::uint64_t delta = static_cast<std::uint64_t>(n) << count_shift;
        state_.fetch_sub(delta, platform::memory_order_relaxed);
        throw panic("sync: negative WaitGroup counter");
    }
    if (count_of(state) != 0 || (state & waiters_mask) == 0) {
        return;
    }
    detail::wait_node* node = nullptr;
    {
        const std::lock_guard hold(waiting_.lock());
        // Nobody can begin to wait while the count is zero. So what has changed the state counts up
        // at the same time as somebody waits for zero, and whether it is waited for is left open.
        std::uint64_t all_done = state;
        if (!state_.compare_exchange_strong(all_done, 0, platform::memory_order_release,
                                            platform::memory_order_relaxed)) {
            throw panic("sync: WaitGroup misuse: Add called concurrently with Wait");
        }
        node = waiting_.pop_all();
    }
    while (node != nullptr) {
        detail::wait_node* next = node->next;
        detail::ready(*node->party);
        node = next;
    }
}

void wait_group::wait() {
    if (count_of(state_.load(platform::memory_order_acquire)) == 0) {
        return;
    }
    detail::wait_node node;
    node.party = &detail::waiting_party();
    std::unique_lock hold(waiting_.lock());
    std::uint64_t state = state_.load(platform::memory_order_acquire);
    do {
        if (count_of(state) == 0) {
            return;
        }
    } while (!state_.compare_exchange_weak(state, state + 1, platform::memory_order_acq_rel,
                                           platform::memory_order_acquire));
    waiting_.push_back(node);
    hold.release();
    if (waits_durably(state)) {
        waiting_.park_durably(node, detail::wait_reason::wait_group_wait);
    } else {
        waiting_.park(node, detail::wait_reason::wait_group_wait);
    }
}

}  // namespace weft
