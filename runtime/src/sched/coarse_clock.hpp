// When a goroutine began to wait.
//
// Problem. Reports say for how long a goroutine has waited. Reading the clock at every park costs
// some 20 ns, as much as the switch.
//
// Rule. The monitor publishes the time at each of its rounds, every 10 ms while goroutines run; a
// park copies what is published: a load of a line that nobody else writes, and a store to a line
// that the park writes anyway. While nothing runs the monitor sleeps, and what is published grows
// old; but then nobody parks either, and who takes the first processor into use publishes the time
// before anything runs on it.
//
// So a wait is known to about a round of the monitor and what the kernel let it wait. 32 bits of 10
// ms last for 497 days, after which waits are counted from nought again.
//
// Ways rejected: to stamp a waiting goroutine when a round of the monitor first sees it, as Go's
// collector does, which makes rounds as long as there are goroutines.
#pragma once

#include "platform/clock.hpp"

#include <weft/detail/atomic.hpp>

#include <cstdint>

namespace weft::sched {

class coarse_clock {
public:
    static constexpr std::int64_t tick_ns = 10'000'000;

    /// What was published last.
    std::uint32_t ticks() const noexcept { return ticks_.load(platform::memory_order_relaxed); }
    /// Publishes the time. From any thread: of two at once either one's is good enough.
    void publish() noexcept { ticks_.store(ticks_now(), platform::memory_order_relaxed); }
    /// The time from `ticks` to now.
    static std::int64_t ns_since(std::uint32_t ticks) noexcept {
        const std::uint32_t passed = ticks_now() - ticks;
        return passed * tick_ns;
    }

private:
    static std::uint32_t ticks_now() noexcept {
        return static_cast<std::uint32_t>(platform::now_ns() / tick_ns);
    }
    platform::atomic<std::uint32_t> ticks_{ticks_now()};
};

}  // namespace weft::sched
