// Tasks that share memory, in a task group; see spawn_idioms.hpp.
#pragma once

#include <oneapi/tbb/mutex.h>

#include "adapter.hpp"
#include "grouped_tasks.hpp"
#include "suites/sharing/false_sharing.hpp"
#include "suites/sharing/true_sharing.hpp"

namespace contender {

/// A task may take the library's mutex, which spins before it blocks, where sections are short.
struct ways_of_tbb {
    static auto choose(const std::string& way) {
        if (way == "mutex") {
            return suite::sharing::count_by_mutex<grouped_tasks, oneapi::tbb::mutex>;
        }
        if (way == "atomic") {
            return suite::sharing::count_by_atomic<grouped_tasks>;
        }
        if (way == "merge") {
            return suite::sharing::count_by_merging<grouped_tasks>;
        }
        throw suite::usage_error("way is mutex, atomic or merge, not '" + way + "'");
    }
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::tbb_tasks, sharing::false_sharing_workload> {
    using body = sharing::false_sharing_of<contender::grouped_tasks>;
    static constexpr std::string_view source = "baselines/tbb/sharing_idioms.hpp";
};

template <>
struct idiom<contender::tbb_tasks, sharing::true_sharing_workload> {
    using body = sharing::true_sharing_of<contender::ways_of_tbb>;
    static constexpr std::string_view source = "baselines/tbb/sharing_idioms.hpp";
};

}  // namespace suite
