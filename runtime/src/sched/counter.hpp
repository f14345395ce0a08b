// Counters that one thread writes and any thread reads.
#pragma once

#include <weft/detail/atomic.hpp>

#include <cstdint>

namespace weft::sched {

/// Not a locked instruction: the one writer needs none.
class counter {
public:
    void add(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(platform::memory_order_relaxed) + n,
                     platform::memory_order_relaxed);
    }
    std::uint64_t get() const noexcept { return value_.load(platform::memory_order_relaxed); }

private:
    platform::atomic<std::uint64_t> value_{0};
};

/// What a processor counts; written by the machine that holds the processor.
struct counters {
    counter spawned, finished, switches, parks, wakes, steal_attempts, steals, runnext_hits,
        queue_overflows, handoffs;
};

}  // namespace weft::sched
