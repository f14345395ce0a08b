// The mutex's slow side.
//
// Rule. Bits of one word say that the mutex is locked, that somebody waits, and that it is
// starving. The last two change only under the wait list's lock; the first also by a lone
// compare-and-swap. Normal mode: unlock clears the bit and wakes the first waiter, which competes
// with newcomers and, if it loses, goes back to the front. A waiter that has waited for longer than
// a millisecond sets the starving bit: then unlock leaves the mutex locked and hands it to the
// first waiter, and newcomers queue behind. The receiver ends that mode when it is the last one or
// waited for less.
//
// Why no wake-up is lost. A waiter sets the waiters bit while the locked bit is set, in one step
// and under the list's lock, and is in the list before that lock is released. An unlock clears the
// locked bit only while the waiters bit is clear, in one step, or when it has taken a waiter out,
// which it wakes, and which looks after those that came meanwhile: it gets the mutex and unlocks
// it, or sets the bit again. So the waiter's step, which finds the locked bit set, comes before
// that of an unlock that will find the waiters bit.
//
// Clearing the locked bit, or handing it over, is the last that an unlock does with the mutex, so
// that whoever locks it next may destroy it.
//
// After the modes of Go's sync.Mutex.
#include <weft/mutex.hpp>

#include "platform/clock.hpp"
#include "sched/report.hpp"

#include <weft/detail/chan_core.hpp>
#include <weft/runtime.hpp>

#include <mutex>

namespace weft {

namespace {
constexpr int spins_max = 4;  // rounds, each as long as a short critical section
constexpr int pauses_per_spin = 30;
constexpr std::int64_t starving_ns = 1'000'000;
}  // namespace

void mutex::lock_contended() {
    if (procs() > 1) {
        for (int round = 0; round < spins_max; ++round) {
            for (int i = 0; i < pauses_per_spin; ++i) {
                platform::pause();
            }
            if (try_lock()) {
                return;
            }
        }
    }
    detail::wait_node node;
    node.party = &detail::waiting_party();
    const std::int64_t began = platform::now_ns();
    for (bool woken = false;; woken = true) {
        const bool starving = woken && platform::now_ns() - began > starving_ns;
        std::unique_lock hold(waiting_.lock());
        std::uint32_t seen = state_.load(platform::memory_order_relaxed);
        std::uint32_t wanted = 0;
        bool taking = false;
        do {
            taking = (seen & (locked_bit | starving_bit)) == 0;
            wanted =
                taking ? seen | locked_bit : seen | waiters_bit | (starving ? starving_bit : 0);
        } while (!state_.compare_exchange_weak(seen, wanted, platform::memory_order_acquire,
                                               platform::memory_order_relaxed));
        if (taking) {
            return;
        }
        node.handed = false;
        if (woken) {
            waiting_.push_front(node);
        } else {
            waiting_.push_back(node);
        }
        hold.release();
        waiting_.park(node, detail::wait_reason::mutex_lock);
        if (node.handed) {
            const bool patient = platform::now_ns() - began <= starving_ns;
            const std::lock_guard again(waiting_.lock());
            if (patient || waiting_.empty()) {
                state_.fetch_and(~starving_bit, platform::memory_order_relaxed);
            }
            return;
        }
    }
}

void mutex::unlock_contended() {
    while (true) {
        detail::wait_node* next = nullptr;
        {
            const std::lock_guard hold(waiting_.lock());
            if ((state_.load(platform::memory_order_relaxed) & locked_bit) == 0) {
                sched::report_fatal("sync: unlock of unlocked mutex");
            }
            next = waiting_.pop();
            if (next == nullptr) {  // those that the bits speak of waited in an earlier run
                state_.fetch_and(~(waiters_bit | starving_bit), platform::memory_order_relaxed);
            } else if (waiting_.empty()) {
                state_.fetch_and(~waiters_bit, platform::memory_order_relaxed);
            }
        }
        if (release(next)) {
            return;
        }
    }
}

/// Lets go of the mutex and wakes `next`, if there is one. False when there is none but somebody
/// has come to wait meanwhile.
bool mutex::release(detail::wait_node* next) noexcept {
    std::uint32_t seen = state_.load(platform::memory_order_relaxed);
    do {
        if (next == nullptr && (seen & waiters_bit) != 0) {
            return false;
        }
        if (next != nullptr && (seen & starving_bit) != 0) {
            next->handed = true;
            break;
        }
    } while (!state_.compare_exchange_weak(seen, seen & ~locked_bit, platform::memory_order_release,
                                           platform::memory_order_relaxed));
    if (next != nullptr) {
        detail::ready(*next->party);
    }
    return true;
}

}  // namespace weft
