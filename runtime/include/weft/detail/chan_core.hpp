// The part of a channel that does not know its element type.
//
// Problem. A channel hands values between parties that wait for one another, at the cost of one
// locked instruction per operation where nobody has to wait.
//
// Rule. One short lock guards the buffer, the closed flag and two first-in-first-out queues of
// waiters, which stand on the stacks of the parties that wait. Whoever completes an operation takes
// the waiter out of its queue under the lock and thereby owns it alone: it moves the value
// straight from or into the waiter's slot, after the lock is released, and makes the party ready
// last. A party that is made ready finds its operation done.
//
// Why it is right. A waiter is queued under the lock, and the lock is released only after the party
// has left its stack (see fiber/switch.hpp), so that nobody sees a waiter whose party still runs.
// A waiter of a select stands in several queues; it is won by a compare-and-swap on its party's
// word before it is taken out, so that exactly one of those who meet it hands it a value, and the
// others go on to the next waiter of their queue.
//
// What waits at the end of a run never goes on, and its stack is gone: waiters remember the run by
// the queue's epoch, and a queue of an earlier run counts as empty.
#pragma once

#include <weft/detail/biased_lock.hpp>
#include <weft/detail/bubble.hpp>
#include <weft/detail/goroutine.hpp>

#include <cstddef>
#include <cstdint>

namespace weft::detail {

inline constexpr std::uint32_t select_open = 0;
inline constexpr std::uint32_t plain_wait = 0;

/// Counts the begin and the end of each run: what was noted in a run is of that run as long as this
/// has not changed.
extern platform::atomic<std::uint32_t> run_epoch;

/// A party that waits in one queue of one channel; lives on the party's stack.
struct waiter {
    waiter* next = nullptr;
    waiter* prev = nullptr;
    goroutine* party = nullptr;
    void* slot = nullptr;               // E* of a sender, std::optional<E>* of a receiver
    std::uint32_t ticket = plain_wait;  // a select's: what its party's word must be set to
    bool queued = false;                // guarded by the channel's lock
    bool delivered = false;             // false: woken because the channel was closed
};

/// First in, first out; guarded by the lock of its channel, but for `empty_hint` and
/// `waited_on`.
class waiter_queue {
public:
    void push(waiter& w) noexcept;
    /// Takes out the first waiter that could be won; null when there is none.
    waiter* pop() noexcept { return empty_hint() ? nullptr : pop_first(); }
    /// Takes out `w` if it is still queued.
    void remove(waiter& w) noexcept;
    /// Without the lock a hint, with it the truth but for a queue of an earlier run.
    bool empty_hint() const noexcept {
        return head_.load(platform::memory_order_relaxed) == nullptr;
    }
    /// Whether somebody of this run waits. Without the lock a hint, as `empty_hint` is.
    bool waited_on() const noexcept;

private:
    waiter* pop_first() noexcept;
    void drop_earlier_run() noexcept;
    platform::atomic<waiter*> head_{nullptr};
    waiter* tail_ = nullptr;
    platform::atomic<std::uint32_t> epoch_{0};
};

/// Makes the party of a waiter that the caller has taken out of its queue go on.
void ready(goroutine& party) noexcept;
/// The same for a caller that has its `platform::thread_word()` at hand.
void ready(goroutine& party, void* self) noexcept;

inline constexpr const char* send_from_outside = "send on synctest channel from outside bubble";
inline constexpr const char* receive_from_outside =
    "receive on synctest channel from outside bubble";

[[noreturn]] void throw_send_on_closed();
[[noreturn]] void throw_close_of_closed();
[[noreturn]] void throw_close_of_nil();
[[noreturn]] void throw_size_out_of_range();
[[noreturn]] void throw_second_default();
/// An operation on a nil channel; returns never.
[[noreturn]] void wait_for_ever(wait_reason reason);

class chan_core {
public:
    using deleter = void (*)(chan_core*) noexcept;

    chan_core(std::uint32_t capacity, deleter destroy) noexcept
        : capacity_(capacity), destroy_(destroy) {}
    chan_core(const chan_core&) = delete;
    chan_core& operator=(const chan_core&) = delete;

    void add_reference() noexcept { references_.fetch_add(1, platform::memory_order_relaxed); }
    void drop_reference() noexcept {
        // acquire: the deleter sees what other handles' owners did before they dropped theirs.
        if (references_.fetch_sub(1, platform::memory_order_acq_rel) == 1) {
            destroy_(this);
        }
    }

    /// Throws panic when closed already. Wakes every waiter.
    void close();
    /// As `close`, from anywhere.
    void close_for_all();
    /// The bubble in which it was made, of which all who use it must be.
    bubble_id bubble() const noexcept { return bubble_; }
    /// Before it is known to others.
    void belong_to(bubble_id which) noexcept { bubble_ = which; }
    /// Throws panic with `text` when the caller is not of the channel's bubble, if it has one.
    void require_inside(const char* text) const {
        if (bubble_ != no_bubble) [[unlikely]] {
            require_same_bubble(text);
        }
    }
    std::size_t len() const noexcept {
        return timed_ ? 0 : count_.load(platform::memory_order_relaxed);
    }
    std::size_t cap() const noexcept { return timed_ ? 0 : capacity_; }

    // For the typed layer above and for select; all of them under the lock, unless said otherwise.
    biased_lock& lock() noexcept { return lock_; }
    bool closed() const noexcept { return closed_.load(platform::memory_order_relaxed); }
    waiter_queue& senders() noexcept { return senders_; }
    waiter_queue& receivers() noexcept { return receivers_; }
    bool timed() const noexcept { return timed_; }
    bool full() const noexcept { return count_.load(platform::memory_order_relaxed) >= capacity_; }
    bool empty() const noexcept { return count_.load(platform::memory_order_relaxed) == 0; }
    std::uint32_t head() const noexcept { return head_; }
    std::uint32_t tail() const noexcept { return tail_; }
    void pushed() noexcept {
        tail_ = tail_ + 1 == capacity_ ? 0 : tail_ + 1;
        count_.store(count_.load(platform::memory_order_relaxed) + 1,
                     platform::memory_order_relaxed);
    }
    void popped() noexcept {
        head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
        count_.store(count_.load(platform::memory_order_relaxed) - 1,
                     platform::memory_order_relaxed);
    }

    /// Without the lock: whether a receive would have to wait, judged at one instant. `closed_` is
    /// read first: it never becomes false again, so "not closed, nothing there" held at the later
    /// reads.
    bool receive_would_block() const noexcept;
    /// Without the lock: whether a send would have to wait.
    bool send_would_block() const noexcept;

    /// Waits with the lock held, which it releases. Returns false when woken by close. `self` is
    /// the caller's `platform::thread_word()`.
    bool wait_to_send(void* element, void* self);
    bool wait_to_receive(void* slot, void* self);

protected:
    /// A timer's channel: its one slot is not visible as capacity.
    void set_timed() noexcept { timed_ = true; }

private:
    void require_same_bubble(const char* text) const;
    bool wait_in(waiter_queue& queue, void* slot, wait_reason reason, void* self);

    biased_lock lock_;
    platform::atomic<std::uint32_t> count_{0};
    std::uint32_t head_ = 0;
    std::uint32_t tail_ = 0;
    std::uint32_t capacity_;
    platform::atomic<bool> closed_{false};
    bool timed_ = false;
    bubble_id bubble_ = bubble_of_caller();
    waiter_queue receivers_;
    waiter_queue senders_;
    platform::atomic<std::uint32_t> references_{1};
    deleter destroy_;
};

}  // namespace weft::detail
