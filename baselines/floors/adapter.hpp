// The physical limit under each workload: the same work without a runtime.
#pragma once

#include <map>
#include <string>

#include "cpus.hpp"
#include "suites/kit/description.hpp"
#include "suites/kit/workload.hpp"

namespace floors {

/// A call that the compiler neither inlines nor moves.
template <class Function>
[[gnu::noinline]] auto call(const Function& function) {
    asm volatile("" : : "r"(&function) : "memory");
    return function();
}

/// The floors' program: no pool, since what runs below every runtime has none.
class floor_of {
public:
    static suite::description describe();
    static suite::terms terms_of(const suite::workload_info& workload, std::string_view profile);
    static std::string_view lacks(suite::capability what);

    template <class Root>
    static void run(const suite::settings& run, Root root) {
        workers_ = run.workers;
        allowed_cpus();
        root();
    }

    /// A floor is drawn under every number of workers and gives back the one that it was asked for.
    static std::map<std::string, std::string> effective(const suite::settings& run) {
        return {{"workers", std::to_string(run.workers)}};
    }

    /// How many were asked for, where a floor has any.
    static int workers() { return workers_; }

private:
    static inline int workers_ = 1;
};

}  // namespace floors
