// The semaphore.
//
// Problem. Tokens must go to those who wait in order, and a wait may be ended by a context at the
// very moment at which it is granted.
//
// Rule. One short lock guards the count and the list. Whoever may have made tokens free grants: as
// long as the first in the list can be satisfied, it counts its tokens as held and takes it out. A
// waiter with a context stands in two queues: in the list, and as a receiver in that of the
// context's channel. Its party's word (see sync/select.cpp) decides between the two: a grant is a
// compare-and-swap of it, and so is the channel's closing. A grant that loses takes the waiter out
// and goes on to the next.
//
// Why it is right. A waiter is pushed into both queues under both locks, and these are released
// once it has left its stack. Exactly one swap succeeds, and that side makes the party ready, once.
// The party cannot leave its frame before the other queue has forgotten it: it takes the channel's
// lock, which is released last, to leave that one, and the list's lock to leave the list, unless it
// was granted and thereby taken out. When the first in the list leaves without its tokens they may
// satisfy the next: it grants on its way out.
//
// The channel's lock is taken before the list's; nobody takes them the other way round, since
// closing a channel takes no lock but the channel's before it has released that.
//
// After the rules of the weighted semaphore in Go's x/sync: what is granted to a waiter whose
// context has ended meanwhile is given back, and the wait has failed.
#include <weft/semaphore.hpp>

#include "sched/bubble.hpp"
#include "sched/execution.hpp"

#include <weft/detail/chan_core.hpp>
#include <weft/error.hpp>

#include <mutex>

namespace weft {

namespace {

// What a party's word is set to by who ends its wait.
constexpr std::uint32_t ended_ticket = 1;
constexpr std::uint32_t granted_ticket = 2;

std::int64_t checked(std::int64_t n) {
    if (n < 0) {
        throw panic("semaphore: negative amount");
    }
    return n;
}

/// Released in this order once the party has left its stack, which holds this until the last.
struct two_locks {
    detail::spin_lock& list;
    detail::biased_lock& channel;

    static void unlock(void* self) noexcept {
        detail::biased_lock& last = static_cast<two_locks*>(self)->channel;
        static_cast<two_locks*>(self)->list.unlock();
        last.unlock();
    }
};

}  // namespace

struct semaphore::place : detail::wait_node {
    explicit place(std::int64_t amount) : wanted(amount) { party = &detail::waiting_party(); }

    /// Under the list's lock: whether the wait is decided by a grant.
    bool win() const noexcept {
        std::uint32_t open = detail::select_open;
        return !can_end || party->select_winner.compare_exchange_strong(
                               open, granted_ticket, platform::memory_order_acq_rel);
    }

    const std::int64_t wanted;
    bool can_end = false;  // by a context, as well
    bool queued = true;    // guarded by the list's lock
};

semaphore::semaphore(std::int64_t n) : size_(checked(n)) {}

bool semaphore::waits_durably() const noexcept {
    return bubble_ != detail::no_bubble && bubble_ == detail::bubble_of_caller();
}

bool semaphore::take(std::int64_t n) noexcept {
    if (size_ - held_ < n || !waiting_.empty()) {
        return false;
    }
    held_ += n;
    return true;
}

void semaphore::grant(detail::woken_nodes& granted) noexcept {
    while (auto* first = static_cast<place*>(waiting_.front())) {
        if (size_ - held_ < first->wanted) {
            return;  // nor does anybody behind it get any, or it might never get enough
        }
        waiting_.remove(*first);
        first->queued = false;
        if (first->win()) {
            held_ += first->wanted;
            granted.add(*first);
        }
    }
}

bool semaphore::try_acquire(std::int64_t n) {
    checked(n);
    const std::lock_guard hold(waiting_.lock());
    return take(n);
}

void semaphore::release(std::int64_t n) {
    checked(n);
    detail::woken_nodes granted;
    {
        const std::lock_guard hold(waiting_.lock());
        if (held_ < n) {
            throw panic("semaphore: released more than held");
        }
        held_ -= n;
        grant(granted);
    }
    granted.make_ready();
}

void semaphore::acquire(std::int64_t n) {
    if (try_acquire(n)) {
        return;
    }
    if (n > size_) {
        detail::wait_for_ever(detail::wait_reason::semacquire);
    }
    place mine(n);
    std::unique_lock hold(waiting_.lock());
    if (take(n)) {
        return;
    }
    waiting_.push_back(mine);
    hold.release();
    if (waits_durably()) {
        waiting_.park_durably(mine, detail::wait_reason::semacquire);
    } else {
        waiting_.park(mine, detail::wait_reason::semacquire);
    }
}

std::error_code semaphore::acquire(const context& ctx, std::int64_t n) {
    if (const std::error_code error = ctx.err()) {
        return error;
    }
    if (try_acquire(n)) {
        return {};
    }
    const recv_chan<unit> end = ctx.done();
    if (!end) {
        acquire(n);
        return {};
    }
    if (n > size_) {
        end.recv();
        return ctx.err();
    }
    place mine(n);
    if (wait_until_ended(mine, *end.core())) {
        return ctx.err();
    }
    const std::error_code error = ctx.err();
    if (error) {
        release(n);
    }
    return error;
}

/// Whether the wait was ended before it was granted.
bool semaphore::wait_until_ended(place& mine, detail::chan_core& end) {
    std::unique_lock hold_end(end.lock());
    if (end.closed()) {
        return true;
    }
    std::unique_lock hold(waiting_.lock());
    if (take(mine.wanted)) {
        return false;
    }
    mine.can_end = true;
    detail::goroutine& party = *mine.party;
    party.select_winner.store(detail::select_open, platform::memory_order_relaxed);
    detail::waiter at_end;
    at_end.party = &party;
    at_end.ticket = ended_ticket;
    waiting_.push_back(mine);
    end.receivers().push(at_end);
    hold.release();
    hold_end.release();
    two_locks both{waiting_.lock(), end.lock()};
    const fiber::departure_action unlock{&two_locks::unlock, &both};
    if (waits_durably() && end.bubble() == bubble_) {
        sched::park_durably(party, detail::wait_reason::semacquire, unlock);
    } else {
        sched::park(party, detail::wait_reason::semacquire, unlock);
    }
    {
        const std::lock_guard again(end.lock());
        end.receivers().remove(at_end);
    }
    if (party.select_winner.load(platform::memory_order_acquire) == granted_ticket) {
        return false;
    }
    withdraw(mine);
    return true;
}

void semaphore::withdraw(place& mine) noexcept {
    detail::woken_nodes granted;
    {
        const std::lock_guard hold(waiting_.lock());
        if (!mine.queued) {
            return;
        }
        const bool was_first = waiting_.front() == &mine;
        waiting_.remove(mine);
        if (was_first) {
            grant(granted);
        }
    }
    granted.make_ready();
}

}  // namespace weft
