// Bubbles: goroutines with a clock of their own, which passes when all of them are blocked.
//
// Problem. The clock may go on only when no goroutine of the bubble can go on without it: one that
// is overlooked, because it is about to be made ready or not quite parked, would find that time has
// passed while it had something to do. Goroutines outside of bubbles must not pay for this.
//
// Rule. The bubble counts, under its lock, the goroutines that are running: that have started and
// are not durably blocked. A goroutine that blocks durably is counted out after it has left its
// stack and can be found by those who may wake it. Who wakes it counts it in again before making it
// ready. One that is started is counted in before it can run. The goroutine that called `bubble`
// belongs to it as its root; it runs the clock, and is durably blocked for the rest of the time.
// Who brings the count to zero picks one that goes on, and counts it in under the same lock: the
// root when a timer is due, else the one in `bubble_wait`, else the root. The root fires what is
// due; if it then finds itself alone it sets the clock to the next timer, or ends the bubble.
//
// Why it is right. What can go on is counted: a goroutine from its start to its end but for durable
// waits; and of these, the time from the decision that it goes on. Such a wait is ended by a member
// that runs, hence is counted; by a timer, which the root fires, which is counted then; or by who
// brings the count to zero. So the count is zero only if nothing in the bubble moves, and nothing
// outside of it makes it move, since operations from outside on what members wait for are refused.
// Between zero and the choice of who goes on the lock is held: exactly one is chosen, once.
// A goroutine that is woken before it has been counted out is counted twice for a moment, never too
// little. Who counts it out does not touch its frame: that may be gone. It touches the bubble,
// which cannot be over: it is counted itself until it has, and the root does not find itself alone.
//
// Each member holds a reference, and so does what else may have use of the bubble's timers. Members
// that are left blocked for good keep it until the run ends.
//
// Lock order: a channel's, a timer heap's, the bubble's.
//
// After the rules of Go's testing/synctest.
#pragma once

#include "fiber/switch.hpp"
#include "sched/timers.hpp"

#include <weft/detail/bubble.hpp>
#include <weft/detail/goroutine.hpp>

#include <string>
#include <utility>

namespace weft::sched {

using detail::goroutine;
struct machine;

class bubble {
public:
    /// `root` is the goroutine that calls, and will `attend`.
    explicit bubble(goroutine& root) noexcept;
    bubble(const bubble&) = delete;
    bubble& operator=(const bubble&) = delete;

    void add_reference() noexcept { references_.fetch_add(1, platform::memory_order_relaxed); }
    void drop_reference() noexcept {
        // acq_rel: who destroys it sees what the others did with it.
        if (references_.fetch_sub(1, platform::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

    detail::bubble_id id() const noexcept { return id_; }
    std::int64_t now_ns() const noexcept { return now_ns_.load(platform::memory_order_relaxed); }
    /// Nothing in it will ever go on: it has ended, or its run has.
    bool over() const noexcept;

    /// For its goroutines. The timer fires when all of them are blocked, hence not before the
    /// caller is, or in `fire_due`. Throws std::bad_alloc.
    void arm(timer& t, std::int64_t ns);
    void arm_at(timer& t, std::int64_t when_ns) { timers_.arm(t, when_ns); }
    void fire_due() noexcept { timers_.fire_due(now_ns()); }

    // The protocol of the head of this file.
    void one_started() noexcept;
    void one_ended() noexcept;
    void one_blocked() noexcept;
    void one_woken() noexcept;

    /// The root's part, until the bubble is over: true when all goroutines have ended, false when
    /// the rest never will.
    bool attend() noexcept;
    /// The report of that. Throws std::bad_alloc.
    std::string describe_deadlock() const;
    /// The function that the bubble runs has ended.
    void main_ended() noexcept { main_ended_.store(true, platform::memory_order_relaxed); }
    /// The body of `bubble_wait`.
    void wait_for_others(goroutine& party);

private:
    enum class sight : std::uint8_t { busy, blocked, empty };

    ~bubble();
    sight look_around() noexcept;
    bool move_clock() noexcept;
    void end() noexcept;
    static void go_on(goroutine* chosen) noexcept;
    // Under lock_.
    goroutine* count_out() noexcept;

    const detail::bubble_id id_;
    const std::uint32_t epoch_;  // of its run
    goroutine& root_;
    timer_heap timers_;
    platform::atomic<std::int64_t> now_ns_;  // written by the root alone
    platform::atomic<std::uint32_t> references_{1};
    platform::atomic<bool> main_ended_{false};
    platform::atomic<bool> ended_{false};  // written under lock_

    detail::spin_lock lock_;  // guards what follows
    std::uint64_t running_ = 1;
    std::uint64_t members_ = 0;  // without the root
    goroutine* waiter_ = nullptr;
};

/// A counted reference to a bubble, or to none.
class bubble_ref {
public:
    bubble_ref() noexcept = default;
    explicit bubble_ref(bubble* which) noexcept : which_(which) {
        if (which_ != nullptr) {
            which_->add_reference();
        }
    }
    bubble_ref(bubble_ref&& other) noexcept : which_(std::exchange(other.which_, nullptr)) {}
    bubble_ref& operator=(bubble_ref&&) = delete;
    ~bubble_ref() {
        if (which_ != nullptr) {
            which_->drop_reference();
        }
    }
    bubble* get() const noexcept { return which_; }

private:
    bubble* which_ = nullptr;
};

/// Null: in none. Of the caller, or of one that exists as long as the caller looks.
bubble* bubble_of(const goroutine& g) noexcept;
bubble* find_current_bubble() noexcept;
inline bubble* current_bubble() noexcept {
    return detail::bubbles_exist() ? find_current_bubble() : nullptr;
}

/// A time in the caller's terms, which are a bubble's perhaps, in those of the real clock.
std::int64_t real_ns(std::int64_t callers_ns) noexcept;

/// The bubble of a goroutine that is started now: the caller's. Who is inside the runtime acts on
/// its behalf, as when it fires timers, and not for the goroutine that has called.
bubble* find_bubble_to_join(const machine* m) noexcept;
inline bubble* bubble_to_join(const machine* m) noexcept {
    return detail::bubbles_exist() ? find_bubble_to_join(m) : nullptr;
}
/// A goroutine that has not started becomes a member. Throws std::bad_alloc.
void join(goroutine& g, bubble& which);
/// The goroutine with this extension, a member, ends.
void leave(detail::goroutine_extension& of) noexcept;

/// Arms the timer of a wait that has not begun: no time passes before it has. Throws
/// `resource_error`.
void arm_before_wait(bubble& here, timer& t, std::int64_t ns);

/// As `park`, for a wait that is durable if the party is in a bubble.
void park_durably(goroutine& party, detail::wait_reason reason,
                  fiber::departure_action publish) noexcept;
/// Before a goroutine is made ready.
void count_woken_member(goroutine& g) noexcept;
inline void count_woken(goroutine& g) noexcept {
    if (g.durable.load(platform::memory_order_relaxed)) [[unlikely]] {
        count_woken_member(g);
    }
}
/// What a member of a bubble waits for is about to be: ends the process when the caller is not of
/// that bubble.
void require_same_bubble(const goroutine& party) noexcept;
/// Throws `panic` with `text` when the caller is not in `which`, which is some bubble.
void require_inside(const bubble* which, const char* text);

}  // namespace weft::sched
