// Looking inside a running program.
#pragma once

#include <weft/guard_kind.hpp>

#include <weft/source_location.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace weft {

/// Counters since the run began, and gauges; see the members' groups.
struct runtime_stats {
    // Counters.
    std::uint64_t spawned = 0;          ///< goroutines started, main included: finished + live
    std::uint64_t finished = 0;         ///< goroutines that have ended
    std::uint64_t switches = 0;         ///< from one stack to another
    std::uint64_t parks = 0;            ///< goroutines that began to wait
    std::uint64_t wakes = 0;            ///< goroutines made ready
    std::uint64_t steal_attempts = 0;   ///< looks of a machine without work at another processor
    std::uint64_t steals = 0;           ///< of these, those that brought work
    std::uint64_t runnext_hits = 0;     ///< goroutines run out of a processor's next slot
    std::uint64_t queue_overflows = 0;  ///< halves of a full run queue that went to the global one
    std::uint64_t futex_sleeps = 0;     ///< of machines
    std::uint64_t futex_wakes = 0;      ///< of machines
    std::uint64_t netpoll_events = 0;   ///< what the system said of sockets
    std::uint64_t timers_fired = 0;     ///< sleeps and timeouts included
    std::uint64_t handoffs = 0;         ///< processors given up for a blocking call
    std::uint64_t retakes = 0;  ///< processors taken from goroutines that computed for too long
    // Gauges.
    std::uint64_t live = 0;                ///< goroutines that have not ended
    std::uint64_t timers_live = 0;         ///< timers that are armed
    std::uint64_t stacks_live = 0;         ///< stacks in use
    std::uint64_t stacks_cached = 0;       ///< stacks that wait to be used again
    std::uint64_t threads = 0;             ///< of the runtime's own
    guard_kind guards = guard_kind::none;  ///< what stacks end in
};

/// May be called from any thread; all zero outside `run`. Costs a lock per processor.
runtime_stats stats();

/// What a goroutine was doing when it was looked at.
struct goroutine_info {
    std::uint64_t id = 0;          ///< as `this_goroutine::id`
    std::string name;              ///< empty when it has none
    std::string state;             ///< in Go's words: "running", "chan receive", "IO wait", ...
    source_location started_at{};  ///< the call that started it
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

/// Finds the goroutines that were started while it lived and have not ended: leaks, in a test that
/// should have ended all it started. To be made, asked and destroyed inside one run, by a goroutine
/// or a plain thread; outside `run` it finds nothing. What others start meanwhile counts too, so
/// only one thing at a time can be checked. The goroutine that asks is no leak.
class leak_check {
public:
    /// Notes the goroutines that are there. Throws std::bad_alloc; costs a look at each goroutine.
    leak_check();
    /// Blocks while there are any, at most for `grace`, and returns those that are left by then,
    /// the oldest id first. Throws std::bad_alloc.
    std::vector<goroutine_info> leaks(
        std::chrono::steady_clock::duration grace = std::chrono::seconds(1));
    /// Waits for a second at most, then writes a line to standard error for each that is left and
    /// that `leaks` has not returned yet:
    /// `leaked goroutine 7 [chan receive] started at file:line`.
    ~leak_check();
    leak_check(const leak_check&) = delete;
    leak_check& operator=(const leak_check&) = delete;

private:
    using ids = std::vector<std::uint64_t>;  // sorted
    std::vector<goroutine_info> alive(const ids& besides) const;
    std::vector<goroutine_info> wait(std::chrono::steady_clock::duration grace,
                                     const ids& besides) const;

    ids before_;
    ids given_;
    std::uint32_t run_ = 0;
};

}  // namespace weft
