// The run that a timer belongs to.
#pragma once

#include "sched/bubble.hpp"
#include "sched/scheduler.hpp"

#include <cstdint>
#include <optional>

namespace weft::sched {

/// The steady clock's time in `ns`; saturates to never.
std::int64_t deadline_after(std::int64_t ns) noexcept;

/// The active run for who arms or disarms timers that outlive runs. At the end of a run its timers
/// are forgotten, and the heaps that they were in are gone: hence each is noted with the epoch of
/// the run in which it was armed, and left alone in any other. The scheduler stays while this
/// lives.
class timer_run {
public:
    timer_run() noexcept;
    timer_run(const timer_run&) = delete;
    timer_run& operator=(const timer_run&) = delete;

    std::uint32_t epoch() const noexcept { return epoch_; }
    /// Throws std::logic_error outside `run`.
    void require() const;
    /// Inside `run` only; in the bubble to which the timer belongs, if that is not null. Throws
    /// `resource_error`.
    void arm(timer& t, std::int64_t ns, bubble* of) const;
    /// As `timer_heap::disarm`.
    bool disarm(timer& t, std::uint32_t armed_in) const noexcept {
        return is(armed_in) && scheduler_->disarm(t);
    }
    /// As `timer_heap::take_due`.
    bool take_due(timer& t, std::uint32_t armed_in, std::int64_t now_ns) const noexcept {
        return is(armed_in) && scheduler_->take_due(t, now_ns);
    }
    [[noreturn]] static void refuse();

private:
    bool is(std::uint32_t epoch) const noexcept { return scheduler_ != nullptr && epoch == epoch_; }
    std::optional<foreign_use> foreign_;  // on a plain thread: no run waits for it otherwise
    scheduler* scheduler_ = nullptr;
    std::uint32_t epoch_ = 0;
};

}  // namespace weft::sched
