// Running a test's body as a goroutine program, at several numbers of processors.
#pragma once

#include "fiber/sanitizer.hpp"

#include <weft/diagnostics.hpp>
#include <weft/runtime.hpp>

#include <gtest/gtest.h>
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstdlib>

namespace weft::sched {

/// How often a stress test repeats something: a tenth under a sanitizer; WEFT_STRESS times as often
/// where that is set, above 1 in long runs and below where the test itself is run many times.
inline int repeated(int times) {
    const char* factor = std::getenv("WEFT_STRESS");
    const int sanitized = fiber::sanitized && times >= 10 ? times / 10 : times;
    return factor == nullptr ? sanitized
                             : std::max(1, static_cast<int>(sanitized * std::atof(factor)));
}

/// Lets others run until `done`; what hangs here is ended by ctest.
template <std::predicate Predicate>
void yield_until(Predicate done) {
    while (!done()) {
        yield();
    }
}

/// Lets others run until `count` goroutines have begun to wait since the run began.
inline void yield_until_parked(std::uint64_t count) {
    yield_until([count] { return stats().parks >= count; });
}

/// A test at 1, 2, 3 and 8 processors.
class at_procs : public testing::TestWithParam<int> {
protected:
    /// Runs `body` as main; afterwards no other goroutine must be left.
    template <std::invocable F>
    void in_run(F body) {
        run(
            [&body] {
                body();
                yield_until([] { return num_goroutine() == 1; });
            },
            {.procs = GetParam()});
    }
};

inline const auto processor_counts = testing::Values(1, 2, 3, 8);

}  // namespace weft::sched
