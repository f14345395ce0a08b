// A channel that a timer feeds: of `after`, a timer or a ticker.
//
// Problem. A value that was due before a stop or a reset must not be received after it; and what
// stop and reset say must fit what can be received, whoever fires the timer at the same time.
//
// Rule. The channel's lock guards the timer too: who arms, stops, resets or fires holds it. The
// channel has one place, which `len` and `cap` do not show. Firing puts the due time there, or into
// a waiting receiver's hand; a tick that finds the place taken is dropped. Stopping takes the timer
// out of its heap and the value out of the place, and says whether there was either. A receiver
// that would have to wait looks at the timer itself first, and takes a due time that nobody has
// fired yet: so a program that only polls gets it, though it never reaches the scheduler.
//
// Lock order. The channel's lock, then a heap's: select arms its timeout in that order too. A heap
// fires under its own lock, hence takes the channel's only if it is free, and else leaves the timer
// due; it is tried again at the next scheduling decision. The holder may be the very thread that
// fires, whose goroutine leaves with the lock in hand.
//
// Why it is right. Under the channel's lock the timer is in its heap or has fired, and nothing is
// in between: firing takes it out of the heap and delivers with both locks held. So stop finds it
// armed, or fired with the value in the place, or fired with the value received, and only in the
// last case nothing is there to be stopped. After stop and reset the place is empty and the old due
// time is in no heap. A timer that is being fired is not freed: whoever drops the last handle takes
// the heap's lock to disarm, and waits there for the action; the heap touches a timer after its
// action no more.
//
// After the guarantees of Go 1.23's timers.
#pragma once

#include "sched/timer_run.hpp"

#include <weft/time.hpp>

namespace weft::detail {

/// A channel's memory with its one place, which the buffer finds behind the core.
class one_place_buffer : public chan_buffer<time_point> {
protected:
    explicit one_place_buffer(deleter destroy) noexcept : chan_buffer(1, destroy) {}

private:
    [[maybe_unused]] alignas(time_point) std::byte place_[sizeof(time_point)];
};
static_assert(sizeof(one_place_buffer) == sizeof(chan_core) + sizeof(time_point));

class timer_channel final : public one_place_buffer {
public:
    /// Armed. Throws std::logic_error outside `run`, `resource_error` without memory.
    static chan<time_point> create(std::int64_t ns, std::int64_t period_ns);

    /// Whether the timer was armed, or had fired and the value had not been received.
    bool stop() noexcept;
    /// Stops, and arms anew; returns what stop did. Throws as `create`, and is stopped then.
    bool reset(std::int64_t ns, std::int64_t period_ns);
    /// The one in which it was made.
    sched::bubble* bubble() const noexcept { return bubble_.get(); }
    /// Under the lock, for a receiver that found nothing: the due time, if it has come.
    attempt receive_due(std::optional<time_point>& out) noexcept;

private:
    struct own_timer : sched::timer {
        timer_channel* channel = nullptr;
    };

    timer_channel() noexcept;
    static bool try_lock(sched::timer& self) noexcept;
    static void fire(sched::timer& self, std::int64_t due_ns);
    static void destroy(chan_core* core) noexcept;
    void arm(const sched::timer_run& run, std::int64_t ns, std::int64_t period_ns);
    bool stop_in(const sched::timer_run& run) noexcept;

    const sched::bubble_ref bubble_{sched::current_bubble()};
    // Guarded by the channel's lock, and what the heap needs of it by the heap's too.
    own_timer timer_;
    std::uint32_t epoch_ = 0;  // the run in which it was armed last
};

}  // namespace weft::detail
