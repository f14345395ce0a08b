// The condition variable.
//
// Problem. Between unlocking the caller's lock and parking there is the caller's own code, which
// may take any time and even block. A notification that comes in between must be noted; and it
// cannot make ready a party that is not parked yet.
//
// Rule. A waiter stands in the list before it unlocks. Who notifies takes it out and sets its state
// to notified; it makes the party ready only if the state was asleep. The waiter, once it has left
// its stack, turns its state from awake to asleep; if that fails it has been notified, and is made
// ready on the spot.
//
// Why it is right. Who has locked the lock after the waiter unlocked it sees the list as the waiter
// left it, so that a notification that ought to find the waiter does. The state is exchanged by one
// notifier and by the waiter, once each, and whoever comes second makes the party ready: exactly
// one of them does. The notifier that comes first does not touch the waiter's place again, and the
// waiter does not touch the condition variable after its own unlock: so either may be gone.
//
// Go's sync.Cond keeps the order by tickets instead, and searches its list for them.
#include <weft/condition_variable.hpp>

#include "sched/bubble.hpp"
#include "sched/execution.hpp"

#include <weft/detail/chan_core.hpp>

#include <mutex>

namespace weft {

void condition_variable::enter(place& mine) {
    mine.party = &detail::waiting_party();
    const std::lock_guard hold(waiting_.lock());
    waiting_.push_back(mine);
}

void condition_variable::leave(place& mine) noexcept {
    const std::lock_guard hold(waiting_.lock());
    if (mine.state.load(platform::memory_order_relaxed) != progress::notified) {
        waiting_.remove(mine);
    }
}

void condition_variable::sleep(place& mine) noexcept {
    if (mine.state.load(platform::memory_order_acquire) == progress::notified) {
        return;
    }
    const auto fall_asleep = [](void* argument) {
        place& left = *static_cast<place*>(argument);
        detail::goroutine& party = *left.party;
        progress seen = progress::awake;
        // release: who finds it asleep may resume it. acquire: as above.
        if (!left.state.compare_exchange_strong(seen, progress::asleep,
                                                platform::memory_order_acq_rel,
                                                platform::memory_order_acquire)) {
            detail::ready(party);
        }
    };
    sched::park_durably(*mine.party, detail::wait_reason::condition_variable_wait,
                        {fall_asleep, &mine});
}

/// Under the list's lock. Whether the caller must make it ready; else it is gone.
bool condition_variable::notify(detail::wait_node& one) noexcept {
    sched::require_same_bubble(*one.party);
    return static_cast<place&>(one).state.exchange(
               progress::notified, platform::memory_order_acq_rel) == progress::asleep;
}

void condition_variable::notify_one() noexcept {
    if (waiting_.empty_hint()) {
        return;
    }
    detail::woken_nodes woken;
    {
        const std::lock_guard hold(waiting_.lock());
        detail::wait_node* first = waiting_.pop();
        if (first != nullptr && notify(*first)) {
            woken.add(*first);
        }
    }
    woken.make_ready();
}

void condition_variable::notify_all() noexcept {
    if (waiting_.empty_hint()) {
        return;
    }
    detail::woken_nodes woken;
    {
        const std::lock_guard hold(waiting_.lock());
        while (detail::wait_node* first = waiting_.pop()) {
            if (notify(*first)) {
                woken.add(*first);
            }
        }
    }
    woken.make_ready();
}

}  // namespace weft
