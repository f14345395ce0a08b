// Looking inside a running program.
#pragma once

#include <weft/guard_kind.hpp>

#include <weft/source_location.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

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

/// What a goroutine was doing when it was looked at.
struct goroutine_info {
    std::uint64_t id = 0;
    std::string name;   // empty when it has none
    std::string state;  // in Go's words: "running", "chan receive", "IO wait", ...
    source_location started_at{};
    /// For how long it has waited, to some 10 ms, since the clock is not read more often than that;
    /// 0 for one that does not wait.
    std::chrono::steady_clock::duration waited{};
};

/// Writes all goroutines to `to`, as a panic's report shows the one: state, how many minutes it has
/// waited, backtrace, the place that started it. Nothing stops for it: a goroutine that starts,
/// ends or goes on meanwhile may be left out, and one that runs has no backtrace to be read. The
/// functions' names are those that the dynamic linker knows: link the program with -rdynamic for
/// its own; addr2line understands the addresses.
///
/// May be called from any thread; writes nothing outside `run`. Does not switch, and blocks its
/// thread as long as writing does. Throws std::bad_alloc. Takes some microseconds per goroutine.
void dump(std::FILE* to);

}  // namespace weft
