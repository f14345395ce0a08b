// oneTBB behind the suites' concepts. Its tasks may not block, so it has no channels and no wait
// group between tasks: what it can do is in idioms.hpp.
#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <map>
#include <string>

#include "suites/kit/concepts.hpp"
#include "suites/kit/description.hpp"

namespace contender {

class tbb_tasks {
public:
    static suite::description describe();
    static suite::terms terms_of(const suite::workload_info& workload, std::string_view profile);
    static std::string_view lacks(suite::capability what);

    /// The arena limits the threads that work in it, the calling one included; the global limit
    /// keeps the library from starting more beside it.
    template <class Root>
    static void run(const suite::settings& run, Root root) {
        const oneapi::tbb::global_control limit(
            oneapi::tbb::global_control::max_allowed_parallelism,
            static_cast<std::size_t>(run.workers));
        oneapi::tbb::task_arena arena(run.workers);
        arena.execute(root);
    }

    static std::map<std::string, std::string> effective(const suite::settings& run);
};

}  // namespace contender
