// A token's way there and back, by the cheapest means that the machine has for each kind of way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "suites/kit/meter.hpp"

namespace floors {

/// Each times `trips` round trips and returns the token, which every hop increments.
using round_trips = std::uint64_t (*)(std::uint64_t trips, suite::meter& stopwatch);

/// Two stacks on one thread, two raw switches.
std::uint64_t fcontext_round_trips(std::uint64_t trips, suite::meter& stopwatch);

/// Two threads on two CPUs that watch one word.
std::uint64_t cache_line_round_trips(std::uint64_t trips, suite::meter& stopwatch);

/// Two threads on two CPUs that sleep in the kernel until it is their turn.
std::uint64_t futex_round_trips(std::uint64_t trips, suite::meter& stopwatch);

/// As many stacks as told on one thread, each switching to the next until there were `hops` raw
/// switches into one of them; returns how many into each.
std::vector<std::uint64_t> fcontext_round(std::size_t stacks, std::uint64_t hops,
                                          suite::meter& stopwatch);

}  // namespace floors
