#include <oneapi/tbb/version.h>

#include "adapter.hpp"

namespace contender {

suite::description tbb_tasks::describe() {
    return {.contender = "tbb",
            .version = TBB_runtime_version(),
            .profiles = {{"task_group", true, "task groups in an arena of W threads"}}};
}

std::string_view tbb_tasks::lacks(suite::capability what) {
    switch (what) {
        case suite::capability::channels:
        case suite::capability::tasks:
            return "oneTBB's tasks may not block, so nothing can wait on a channel in one";
        case suite::capability::byte_streams:
        case suite::capability::listeners:
            return "oneTBB has no I/O: a blocking read would stop its worker";
        case suite::capability::paddings:
            return "the library's padding is fixed in the system's package";
        default:
            return "oneTBB's tasks may not block, and it has none of what would block one";
    }
}

suite::terms tbb_tasks::terms_of(const suite::workload_info& workload, std::string_view) {
    suite::terms terms;
    if (workload.id == "spawn/skynet") {
        for (const std::int64_t asked : {0, 10}) {
            terms.deviations.push_back(
                {"capacity", asked, "none", "fork and join: a result is returned, not sent"});
        }
    }
    if (workload.id == "channel/pipeline") {
        for (const std::int64_t asked : {0, 16}) {
            terms.deviations.push_back({"capacity", asked, "none",
                                        "a filter is called with what the one before returned"});
        }
    }
    if (workload.id == "idle/wake") {
        terms.limits.push_back({.parameter = "workers",
                                .min = 2,
                                .reason = "the root's thread is one of the arena's and waits "
                                          "outside the library: another must take the events"});
    }
    if (workload.id == "pool/worker_pool") {
        terms.limits.push_back({.parameter = "pool_tasks",
                                .values = {"workers"},
                                .reason = "the pool is the arena, and has as many as workers"});
    }
    if (workload.id == "pool/sojourn") {
        terms.limits.push_back({.parameter = "workers",
                                .min = 2,
                                .reason = "an arena of one thread starts another for tasks that "
                                          "come from outside"});
    }
    if (workload.id == "sharing/true_sharing") {
        terms.limits.push_back({.parameter = "way",
                                .values = {"mutex", "atomic", "merge"},
                                .reason = "oneTBB's tasks may not block, so none can wait on a "
                                          "channel"});
    }
    return terms;
}

std::map<std::string, std::string> tbb_tasks::effective(const suite::settings&) {
    return {{"workers", std::to_string(oneapi::tbb::this_task_arena::max_concurrency())}};
}

}  // namespace contender
