// sharing/migration: more tasks than workers, each with a counter of its own, that let one another
// run all the time and so may go on somewhere else.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "suites/kit/counted_tasks.hpp"
#include "suites/kit/workload.hpp"
#include "suites/sharing/false_sharing.hpp"

namespace suite::sharing {

struct yields_of_migration {
    static constexpr std::size_t tasks_per_worker = 16;
    static constexpr std::uint64_t increments_between = 64;

    static std::size_t tasks_for(std::size_t workers) { return workers * tasks_per_worker; }
};

template <has_yields C>
struct yielding_often : yields_of_migration {
    static void count(std::uint64_t& counter, std::uint64_t times) {
        while (times > 0) {
            const std::uint64_t now = std::min(times, increments_between);
            increment(counter, now);
            times -= now;
            C::yield();
        }
    }
};

struct migration_workload {
    static constexpr std::array<std::string_view, 1> parameters{"stride"};
    static constexpr workload_info info{.id = "sharing/migration",
                                        .version = 1,
                                        .source = "suites/sharing/migration.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::yields};
    template <class C>
    using body = own_counters_of<counted_tasks<C>, yielding_often<C>>;
};

}  // namespace suite::sharing
