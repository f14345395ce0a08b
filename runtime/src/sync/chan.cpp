#include <weft/detail/chan_core.hpp>

#include "sched/bubble.hpp"
#include "sched/execution.hpp"

#include <weft/error.hpp>

#include <mutex>

namespace weft::detail {

void waiter_queue::drop_earlier_run() noexcept {
    const std::uint32_t epoch = run_epoch.load(platform::memory_order_relaxed);
    if (epoch_.load(platform::memory_order_relaxed) != epoch) {
        head_.store(nullptr, platform::memory_order_relaxed);
        tail_ = nullptr;
        epoch_.store(epoch, platform::memory_order_relaxed);
    }
}

void waiter_queue::push(waiter& w) noexcept {
    drop_earlier_run();
    w.next = nullptr;
    w.prev = tail_;
    w.queued = true;
    if (tail_ != nullptr) {
        tail_->next = &w;
    } else {
        head_.store(&w, platform::memory_order_relaxed);
    }
    tail_ = &w;
}

void waiter_queue::remove(waiter& w) noexcept {
    if (!w.queued) {
        return;
    }
    w.queued = false;
    if (w.prev != nullptr) {
        w.prev->next = w.next;
    } else {
        head_.store(w.next, platform::memory_order_relaxed);
    }
    if (w.next != nullptr) {
        w.next->prev = w.prev;
    } else {
        tail_ = w.prev;
    }
}

waiter* waiter_queue::pop_first() noexcept {
    drop_earlier_run();
    while (waiter* w = head_.load(platform::memory_order_relaxed)) {
        waiter* next = w->next;
        head_.store(next, platform::memory_order_relaxed);
        (next != nullptr ? next->prev : tail_) = nullptr;
        w->queued = false;
        if (w->ticket == plain_wait) {
            return w;
        }
        std::uint32_t open = select_open;
        // acq_rel: the winner's later writes to the case are read by the party after its own
        // acquire of the channel locks; losers read nothing of it.
        if (w->party->select_winner.compare_exchange_strong(open, w->ticket,
                                                            platform::memory_order_acq_rel)) {
            return w;
        }
    }
    return nullptr;
}

bool waiter_queue::waited_on() const noexcept {
    return !empty_hint() && epoch_.load(platform::memory_order_relaxed) ==
                                run_epoch.load(platform::memory_order_relaxed);
}

bool chan_core::receive_would_block() const noexcept {
    if (closed_.load(platform::memory_order_acquire)) {
        return false;
    }
    return count_.load(platform::memory_order_acquire) == 0 && senders_.empty_hint();
}

bool chan_core::send_would_block() const noexcept {
    if (closed_.load(platform::memory_order_acquire)) {
        return false;
    }
    return count_.load(platform::memory_order_acquire) >= capacity_ && receivers_.empty_hint();
}

void chan_core::require_same_bubble(const char* text) const {
    if (bubble_ != bubble_of_caller()) {
        throw panic(text);
    }
}

void chan_core::close() {
    require_inside("close of synctest channel from outside bubble");
    close_for_all();
}

void chan_core::close_for_all() {
    waiter* woken = nullptr;
    {
        const std::lock_guard hold(lock_);
        if (closed()) {
            throw_close_of_closed();
        }
        // release: who finds the channel closed without the lock sees what came before.
        closed_.store(true, platform::memory_order_release);
        waiter** end = &woken;
        for (waiter_queue* queue : {&receivers_, &senders_}) {
            while (waiter* w = queue->pop()) {
                w->delivered = false;
                w->next = nullptr;
                *end = w;
                end = &w->next;
            }
        }
    }
    while (woken != nullptr) {
        waiter* next = woken->next;  // the waiter is gone once its party goes on
        ready(*woken->party);
        woken = next;
    }
}

bool chan_core::wait_in(waiter_queue& queue, void* slot, wait_reason reason, void* self) {
    auto* m = static_cast<sched::machine*>(self);
    goroutine* party = nullptr;
    try {
        party = &sched::party_on(m);
    } catch (...) {
        lock_.unlock();
        throw;
    }
    waiter w;
    w.party = party;
    w.slot = slot;
    queue.push(w);
    const auto unlock = [](void* lock) { static_cast<biased_lock*>(lock)->unlock(); };
    if (bubble_ != no_bubble) [[unlikely]] {
        sched::park_durably(*party, reason, {unlock, &lock_});
    } else {
        sched::park(m, *party, reason, {unlock, &lock_});
    }
    return w.delivered;
}

bool chan_core::wait_to_send(void* element, void* self) {
    return wait_in(senders_, element, wait_reason::chan_send, self);
}

bool chan_core::wait_to_receive(void* slot, void* self) {
    return wait_in(receivers_, slot, wait_reason::chan_receive, self);
}

void throw_send_on_closed() {
    throw panic("send on closed channel");
}

void throw_close_of_closed() {
    throw panic("close of closed channel");
}

void throw_close_of_nil() {
    throw panic("close of nil channel");
}

void throw_size_out_of_range() {
    throw panic("makechan: size out of range");
}

void wait_for_ever(wait_reason reason) {
    goroutine& party = sched::this_party();
    while (true) {
        sched::park_durably(party, reason, {});
    }
}

}  // namespace weft::detail
