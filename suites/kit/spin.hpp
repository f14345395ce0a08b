// Work of a known length: a loop of dependent arithmetic, calibrated once per process.
//
// A loop that looks at the clock instead would count time during which its thread did not run as
// work done, so a pool that oversubscribes its CPUs would look perfect.
#pragma once

#include <cstdint>

namespace suite {

class spin {
public:
    /// Calibrates the loop at first use; takes some milliseconds.
    explicit spin(double grain_ns);

    /// Works for about the grain and returns a number that depends on the whole work.
    std::uint64_t operator()(std::uint64_t seed) const;

private:
    std::uint64_t steps_;
};

}  // namespace suite
