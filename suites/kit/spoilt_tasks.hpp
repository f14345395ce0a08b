// Sets of tasks for tests, honest but for the first task of each. See counted_tasks.hpp.
#pragma once

#include <cstddef>

#include "suites/kit/meter.hpp"

namespace suite::testing {

/// Does everything one after the other, and the first task `Times` times.
template <int Times>
struct spoilt_tasks {
    template <class Function>
    static void for_each(std::size_t tasks, Function function) {
        fork_join(tasks, function);
    }

    template <class Function, class Finish>
    static void run_together(std::size_t tasks, meter& stopwatch, Function function,
                             Finish finish) {
        stopwatch.start();
        fork_join(tasks, function);
        finish();
        stopwatch.stop();
    }

    template <class Function>
    static void fork_join(std::size_t parts, const Function& function) {
        for (std::size_t part = 0; part < parts; ++part) {
            for (int time = 0; time < (part == 0 ? Times : 1); ++time) {
                function(part);
            }
        }
    }
};

}  // namespace suite::testing
