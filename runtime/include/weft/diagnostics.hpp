// Looking inside a running program.
#pragma once

#include <weft/guard_kind.hpp>

#include <cstdint>

namespace weft {

/// Counters since the run began, and gauges; see the members' groups.
struct runtime_stats {
    // Counters.
    std::uint64_t spawned = 0;  // goroutines started, main included: finished + live
    std::uint64_t finished = 0;
    std::uint64_t switches = 0;  // from one stack to another
    std::uint64_t parks = 0;     // goroutines that began to wait
    std::uint64_t wakes = 0;     // goroutines made ready
    std::uint64_t steal_attempts = 0;
    std::uint64_t steals = 0;
    std::uint64_t runnext_hits = 0;
    std::uint64_t queue_overflows = 0;
    std::uint64_t futex_sleeps = 0;  // of machines
    std::uint64_t futex_wakes = 0;
    std::uint64_t netpoll_events = 0;
    std::uint64_t timers_fired = 0;
    std::uint64_t handoffs = 0;  // processors given up for a blocking call
    std::uint64_t retakes = 0;   // processors taken from goroutines that computed for too long
    // Gauges.
    std::uint64_t live = 0;
    std::uint64_t timers_live = 0;
    std::uint64_t stacks_live = 0;
    std::uint64_t stacks_cached = 0;
    std::uint64_t threads = 0;
    guard_kind guards = guard_kind::none;
};

/// May be called from any thread; all zero outside `run`. Costs a lock per processor.
runtime_stats stats();

}  // namespace weft
