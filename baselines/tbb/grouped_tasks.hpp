// Sets of tasks as users of oneTBB write them: a task group, which is the library's wait group.
#pragma once

#include <oneapi/tbb/task_group.h>

#include "suites/kit/meter.hpp"

namespace contender {

using oneapi::tbb::task_group;

struct grouped_tasks {
    template <class Function>
    static void for_each(std::size_t tasks, Function function) {
        task_group group;
        for (std::size_t task = 0; task < tasks; ++task) {
            group.run([&function, task] { function(task); });
        }
        group.wait();
    }

    /// Tasks cannot wait for one another, so their start is timed too.
    template <class Function, class Finish>
    static void run_together(std::size_t tasks, suite::meter& stopwatch, Function function,
                             Finish finish) {
        stopwatch.start();
        for_each(tasks, function);
        finish();
        stopwatch.stop();
    }

    template <class Function>
    static void fork_join(std::size_t parts, const Function& function) {
        task_group group;
        for (std::size_t part = 0; part + 1 < parts; ++part) {
            group.run([&function, part] { function(part); });
        }
        function(parts - 1);
        group.wait();
    }
};

}  // namespace contender
