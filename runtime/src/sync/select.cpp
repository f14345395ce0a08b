// Select.
//
// Problem. Of several channel operations exactly one must happen, chosen fairly among those that
// can, and a goroutine that waits for all of them must be found by each.
//
// Rule. A glance, then three passes. At a glance, without any lock, some cases seem able to
// proceed; one of them is drawn and tried with the lock of its channel alone. If it cannot, or none
// seemed so, all is done properly. First, with the locks of all channels held (taken in address
// order, each once), the cases are tried in random order; the first that can proceed does. Second,
// if none can, a waiter is queued in every channel and the goroutine parks, the locks being
// released once it has left its stack. Third, when it goes on, it knows the winner from its own
// word, takes the locks again and removes the waiters that lost.
//
// Why it is right. What the glance chose could proceed when it did, and nothing is concluded from
// what seemed unable to, except of one channel alone, of which the glance is judged at one instant.
// While all locks are held no channel changes: readiness is judged at one instant.
// The word is opened before the waiters can be seen and is set by exactly one compare-and-swap, by
// a channel operation, a close or the timeout; who loses it skips the waiter. The timer is armed
// while the locks are still held, and the goroutine, when it goes on, must take them all: so it
// cannot leave this frame before the arming side has released the last one, which that side does as
// the last thing it does with this frame.
#include <weft/detail/select_core.hpp>

#include "platform/clock.hpp"
#include "sched/bubble.hpp"
#include "sched/execution.hpp"

#include <weft/error.hpp>

#include <functional>

namespace weft::detail {

namespace {

constexpr std::uint32_t timeout_ticket = no_case;

/// A plain thread's. Not inlined: see platform/thread.hpp.
[[gnu::noinline]] platform::random& thread_random() noexcept {
    thread_local platform::random random;
    return random;
}

std::uint32_t random_below(std::uint32_t bound) noexcept {
    sched::machine* m = sched::current_machine();
    return (m != nullptr ? m->random : thread_random()).below(bound);
}

class selection {
public:
    selection(select_slot* slots, const select_request& request) noexcept
        : slots_(slots), request_(request) {
        drop_nil_channels();
    }

    std::size_t run();

private:
    struct timeout_timer : sched::timer {
        goroutine* party = nullptr;
    };

    select_case& at(std::size_t i) const noexcept { return *slots_[i].which; }
    /// The i-th case in lock order.
    select_slot& locked(std::size_t i) const noexcept { return slots_[slots_[i].lock_order]; }

    void drop_nil_channels() noexcept;
    [[gnu::noinline]] void look_at_bubbles();  // hardly ever called
    void sort_by_address() noexcept;
    void shuffle() noexcept;
    template <class Each>
    void for_each_channel(Each each) const;
    void lock_all() const;
    void unlock_all() const;

    /// Before the locks: the index of the case that proceeded, or no_case.
    std::uint32_t try_at_a_glance();
    /// First pass, locks held: the index of the case that proceeded, or no_case.
    std::uint32_t try_all();
    /// Second pass, locks held: returns the ticket of the winner.
    std::uint32_t wait_for_one();
    /// Third pass.
    std::uint32_t settle(std::uint32_t ticket);
    static void publish(void* self);
    static void time_out(sched::timer& self, std::int64_t due_ns);

    select_slot* slots_;
    const select_request& request_;
    std::size_t count_ = 0;
    goroutine* counterpart_ = nullptr;  // to be made ready once the locks are released
    timeout_timer timer_{};
    sched::bubble* const bubble_ = sched::current_bubble();
    bubble_id bubbles_seen_ = no_bubble;  // any bits of the channels' bubbles
    bool durable_ = false;                // only the caller's bubble can make a case proceed
};

void selection::drop_nil_channels() noexcept {
    bubble_id seen = no_bubble;
    for (std::size_t i = 0; i < request_.channels; ++i) {
        if (const chan_core* core = slots_[i].which->core(); core != nullptr) {
            slots_[count_] = slots_[i];
            ++count_;
            seen |= core->bubble();
        }
    }
    bubbles_seen_ = seen;
}

/// Throws panic when the caller is not of a channel's bubble.
void selection::look_at_bubbles() {
    const bubble_id mine = bubble_ != nullptr ? bubble_->id() : no_bubble;
    durable_ = bubble_ != nullptr;
    for (std::size_t i = 0; i < count_; ++i) {
        const bubble_id of = at(i).core()->bubble();
        if (of == no_bubble) {
            durable_ = false;
        } else if (of != mine) {
            throw panic("select on synctest channel from outside bubble");
        }
    }
}

void selection::sort_by_address() noexcept {
    const auto address = [this](std::uint32_t i) { return at(i).core(); };
    for (std::uint32_t i = 0; i < count_; ++i) {
        // Insertion: a select has few cases, and a select_list brings its many in order.
        std::uint32_t hole = i;
        while (hole > 0 && std::less<>{}(address(i), address(slots_[hole - 1].lock_order))) {
            slots_[hole].lock_order = slots_[hole - 1].lock_order;
            --hole;
        }
        slots_[hole].lock_order = i;
    }
}

void selection::shuffle() noexcept {
    for (std::uint32_t i = 0; i < count_; ++i) {
        const std::uint32_t j = random_below(i + 1);
        slots_[i].poll_order = slots_[j].poll_order;
        slots_[j].poll_order = i;
    }
}

template <class Each>
void selection::for_each_channel(Each each) const {
    const chan_core* previous = nullptr;
    for (std::size_t i = 0; i < count_; ++i) {
        chan_core* core = locked(i).which->core();
        if (core != previous) {
            each(*core);
        }
        previous = core;
    }
}

void selection::lock_all() const {
    for_each_channel([](chan_core& core) { core.lock().lock(); });
}

void selection::unlock_all() const {
    // The list is read before each release: after the last one this frame may be gone.
    const std::size_t count = count_;
    chan_core* held = count == 0 ? nullptr : locked(0).which->core();
    for (std::size_t i = 1; i < count; ++i) {
        chan_core* core = locked(i).which->core();
        if (core != held) {
            held->lock().unlock();
            held = core;
        }
    }
    if (held != nullptr) {
        held->lock().unlock();
    }
}

std::uint32_t selection::try_at_a_glance() {
    if (count_ > 1 && request_.otherwise != no_case) {
        return no_case;  // as a rule none can proceed, and only the locks can say that of several
    }
    std::uint32_t able = 0;
    for (std::uint32_t i = 0; i < count_; ++i) {
        if (at(i).may_proceed()) {
            slots_[able].poll_order = i;
            ++able;
        }
    }
    const bool due = request_.timeout_ns == 0;
    if (able == 0 && !due) {
        return count_ == 1 ? request_.otherwise : no_case;
    }
    // A timeout that is due already is one of the ready cases.
    const std::uint32_t choices = able + (due ? 1 : 0);
    const std::uint32_t drawn = choices == 1 ? 0 : random_below(choices);
    if (drawn == able) {
        return request_.timeout;
    }
    const select_slot& slot = slots_[slots_[drawn].poll_order];
    biased_lock& lock = slot.which->core()->lock();
    waiter* wake = nullptr;
    lock.lock();
    const attempt how = slot.which->try_now(wake);
    lock.unlock();
    if (how == attempt::would_block) {
        return no_case;
    }
    slot.which->end(how);
    if (wake != nullptr) {
        ready(*wake->party);
    }
    return slot.index;
}

std::uint32_t selection::try_all() {
    shuffle();
    // A timeout that is due already is one of the ready cases: it takes a random place among them.
    const bool due = request_.timeout_ns == 0;
    const std::size_t due_at =
        due ? random_below(static_cast<std::uint32_t>(count_) + 1) : count_ + 1;
    for (std::size_t i = 0; i < count_; ++i) {
        if (i == due_at) {
            return request_.timeout;
        }
        const select_slot& slot = slots_[slots_[i].poll_order];
        waiter* wake = nullptr;
        const attempt how = slot.which->try_now(wake);
        if (how != attempt::would_block) {
            slot.which->end(how);
            if (wake != nullptr) {
                counterpart_ = wake->party;
            }
            return slot.index;
        }
    }
    return due ? request_.timeout : request_.otherwise;
}

void selection::publish(void* self) {
    auto& mine = *static_cast<selection*>(self);
    const bool locked = mine.count_ != 0;  // if not, the frame may be gone once the timer is armed
    if (mine.request_.timeout != no_case && mine.bubble_ == nullptr) {
        const std::int64_t now = platform::now_ns();
        const std::int64_t ns = mine.request_.timeout_ns;
        sched::active()->arm_for_parked(mine.timer_, ns > never_ns - now ? never_ns : now + ns);
    }
    if (locked) {
        mine.unlock_all();
    }
}

void selection::time_out(sched::timer& self, std::int64_t) {
    goroutine& party = *static_cast<timeout_timer&>(self).party;
    std::uint32_t open = select_open;
    if (party.select_winner.compare_exchange_strong(open, timeout_ticket,
                                                    platform::memory_order_acq_rel)) {
        ready(party);
    }
}

std::uint32_t selection::wait_for_one() {
    goroutine& party = sched::this_party();
    party.select_winner.store(select_open, platform::memory_order_relaxed);
    timer_.fire = &selection::time_out;
    timer_.party = &party;
    if (bubble_ != nullptr && request_.timeout != no_case) {
        sched::arm_before_wait(*bubble_, timer_, request_.timeout_ns);
    }
    for (std::uint32_t i = 0; i < count_; ++i) {
        waiter& w = at(i).place();
        w.party = &party;
        w.ticket = i + 1;
        at(i).queue().push(w);
    }
    const bool for_ever = count_ == 0 && request_.timeout == no_case;
    const wait_reason reason = for_ever ? wait_reason::select_no_cases : wait_reason::select;
    if (durable_) {
        sched::park_durably(party, reason, {&selection::publish, this});
    } else {
        sched::park(party, reason, {&selection::publish, this});
    }
    return party.select_winner.load(platform::memory_order_acquire);
}

std::uint32_t selection::settle(std::uint32_t ticket) {
    lock_all();
    for (std::size_t i = 0; i < count_; ++i) {
        at(i).queue().remove(at(i).place());
    }
    unlock_all();
    if (ticket == timeout_ticket) {
        return request_.timeout;
    }
    if (request_.timeout != no_case) {
        sched::active()->disarm(timer_);
    }
    const select_slot& slot = slots_[ticket - 1];
    slot.which->end(slot.which->place().delivered ? attempt::done : attempt::closed);
    return slot.index;
}

std::size_t selection::run() {
    if (bubble_ != nullptr || bubbles_seen_ != no_bubble) [[unlikely]] {
        look_at_bubbles();
    }
    if (const std::uint32_t chosen = try_at_a_glance(); chosen != no_case) {
        return chosen;
    }
    sort_by_address();
    lock_all();
    const std::uint32_t chosen = try_all();
    if (chosen != no_case) {
        unlock_all();
        if (counterpart_ != nullptr) {
            ready(*counterpart_);
        }
        return chosen;
    }
    std::uint32_t ticket = 0;
    try {
        ticket = wait_for_one();
    } catch (...) {  // outside run, or no memory for a timer: nothing was queued
        unlock_all();
        throw;
    }
    return settle(ticket);
}

}  // namespace

std::size_t run_select(select_slot* slots, const select_request& request) {
    return selection(slots, request).run();
}

}  // namespace weft::detail
