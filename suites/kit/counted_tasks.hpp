// Sets of tasks that are started and waited for together, by a contender's spawn and wait group.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/kit/concepts.hpp"
#include "suites/kit/meter.hpp"

namespace suite {

/// The shared form of what bodies ask of a set of tasks. A contender whose users would write it
/// otherwise has a class of its own with the same functions.
template <has_tasks C>
struct counted_tasks {
    /// Runs f(0) to f(n - 1) as tasks and waits for all.
    template <class Function>
    static void for_each(std::size_t tasks, Function function) {
        typename C::wait_group ended;
        ended.add(static_cast<std::int64_t>(tasks));
        for (std::size_t task = 0; task < tasks; ++task) {
            C::spawn([&function, &ended, task] {
                function(task);
                ended.done();
            });
        }
        ended.wait();
    }

    /// The same, but timed from when all tasks are there and waiting for the start until they have
    /// ended and `finish` has returned: starting a thousand threads is another workload.
    template <class Function, class Finish>
    static void run_together(std::size_t tasks, meter& stopwatch, Function function,
                             Finish finish) {
        typename C::wait_group arrived;
        typename C::wait_group open;
        typename C::wait_group ended;
        arrived.add(static_cast<std::int64_t>(tasks));
        open.add(1);
        ended.add(static_cast<std::int64_t>(tasks));
        for (std::size_t task = 0; task < tasks; ++task) {
            C::spawn([&, task] {
                arrived.done();
                open.wait();
                function(task);
                ended.done();
            });
        }
        arrived.wait();
        stopwatch.start();
        open.done();
        ended.wait();
        finish();
        stopwatch.stop();
    }

    /// Does f(0) to f(n - 1), the last itself and the others as tasks, and waits for these.
    template <class Function>
    static void fork_join(std::size_t parts, const Function& function) {
        typename C::wait_group ended;
        ended.add(static_cast<std::int64_t>(parts) - 1);
        for (std::size_t part = 0; part + 1 < parts; ++part) {
            C::spawn([&function, &ended, part] {
                function(part);
                ended.done();
            });
        }
        function(parts - 1);
        ended.wait();
    }
};

}  // namespace suite
