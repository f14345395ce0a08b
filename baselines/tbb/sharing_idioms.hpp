// Tasks that share memory, in a task group; see spawn_idioms.hpp.
#pragma once

#include <oneapi/tbb/task_group.h>

#include "adapter.hpp"
#include "suites/sharing/false_sharing.hpp"

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
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::tbb_tasks, sharing::false_sharing_workload> {
    using body = sharing::false_sharing_of<contender::grouped_tasks>;
    static constexpr std::string_view source = "baselines/tbb/sharing_idioms.hpp";
};

}  // namespace suite
