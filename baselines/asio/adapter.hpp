// Coroutines of Boost.Asio behind the suites' concepts. A coroutine waits only where it says so
// itself, so the shared bodies, which wait inside of what they call, cannot be coroutines: every
// workload is an idiom.
#pragma once

#include <map>
#include <string>

#include "suites/kit/concepts.hpp"
#include "suites/kit/description.hpp"
#include "tasks.hpp"

namespace contender {

class asio_coroutines {
public:
    static suite::description describe();
    static suite::terms terms_of(const suite::workload_info& workload, std::string_view profile);
    static std::string_view lacks(suite::capability what);

    /// The root stays on the calling thread, which is none of the pool's; what it measures is a
    /// coroutine in the pool, which it waits for.
    template <class Root>
    static void run(const suite::settings& run, Root root) {
        const pool_of_run pool(run);
        root();
    }

    static std::map<std::string, std::string> effective(const suite::settings& run);
};

}  // namespace contender
