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
// and under the list's lock, and is in the list before that lock is released. An unlock that finds
// the bit takes the list's lock, and finds the waiter; one that does not find it has cleared the
// locked bit before the waiter's step, which then fails and sees the mutex free.
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
    detail::wait_node* next = nullptr;
    {
        const std::lock_guard hold(waiting_.lock());
        std::uint32_t seen = state_.load(platform::memory_order_relaxed);
        if ((seen & locked_bit) == 0) {
            sched::report_fatal("sync: unlock of unlocked mutex");
        }
        next = waiting_.pop();
        const bool hand_over = next != nullptr && (seen & starving_bit) != 0;
        std::uint32_t wanted = 0;
        do {
            wanted = hand_over ? seen : seen & ~(locked_bit | starving_bit);
            if (waiting_.empty()) {
                wanted &= ~waiters_bit;
            }
        } while (!state_.compare_exchange_weak(seen, wanted, platform::memory_order_release,
                                               platform::memory_order_relaxed));
        if (next != nullptr) {
            next->handed = hand_over;
        }
    }
    if (next != nullptr) {
        detail::ready(*next->party);
    }
}

}  // namespace weft
