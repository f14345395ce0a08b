#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "adapter.hpp"

namespace contender {
namespace {

constexpr int tasks_max = 10'000;
constexpr auto limit_reason =
    "a thread for each task: the system refuses them somewhere beyond 10000";

cpu_set_t allowed_cpus() {
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) {
        throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
    }
    return cpus;
}

std::size_t default_stack_bytes() {
    pthread_attr_t attributes;
    std::size_t bytes = 0;
    pthread_attr_init(&attributes);
    pthread_attr_getstacksize(&attributes, &bytes);
    pthread_attr_destroy(&attributes);
    return bytes;
}

}  // namespace

void std_thread::use_cpus(int cpus) {
    const cpu_set_t allowed = allowed_cpus();
    cpu_set_t chosen;
    CPU_ZERO(&chosen);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&chosen) < cpus; ++cpu) {
        if (CPU_ISSET(cpu, &allowed)) {
            CPU_SET(cpu, &chosen);
        }
    }
    if (sched_setaffinity(0, sizeof chosen, &chosen) != 0) {
        throw std::system_error(errno, std::generic_category(), "sched_setaffinity");
    }
}

suite::description std_thread::describe() {
    return {.contender = "std_thread",
            .version = "libstdc++ " + std::to_string(_GLIBCXX_RELEASE),
            .profiles = {{"thread_per_task", true, "a thread for each task, on W CPUs"}}};
}

std::string_view std_thread::lacks(suite::capability what) {
    switch (what) {
        case suite::capability::selects:
            return "a condition variable belongs to one queue: a thread waits on one at a time";
        case suite::capability::timers:
            return "the standard library has no timers: a thread sleeps, or waits with a timeout";
        case suite::capability::paddings:
            return "there is no runtime whose data could be padded";
        default:
            return "a std::stop_token has neither children nor a deadline";
    }
}

suite::terms std_thread::terms_of(const suite::workload_info& workload, std::string_view) {
    suite::terms terms;
    const cpu_set_t cpus = allowed_cpus();
    terms.limits.push_back({.parameter = "workers",
                            .max = CPU_COUNT(&cpus),
                            .reason = "the workers of threads are CPUs, and there are no more"});
    if (workload.id == "spawn/skynet") {
        terms.refusal = "a hundred thousand tasks and more, and " + std::string(limit_reason);
    }
    if (workload.id == "pool/unbalanced_tree") {
        terms.limits.push_back({.parameter = "root_children", .max = 50, .reason = limit_reason});
    }
    if (workload.id == "pool/fib") {
        terms.limits.push_back({.parameter = "index", .max = 19, .reason = limit_reason});
    }
    const auto& names = workload.parameters;
    for (const char* of_tasks : {"tasks", "connections"}) {
        if (std::find(names.begin(), names.end(), of_tasks) != names.end()) {
            terms.limits.push_back(
                {.parameter = of_tasks, .max = tasks_max, .reason = limit_reason});
        }
    }
    return terms;
}

std::map<std::string, std::string> std_thread::effective(const suite::settings&) {
    const cpu_set_t cpus = allowed_cpus();
    return {{"workers", std::to_string(CPU_COUNT(&cpus))},
            {"stack_bytes", std::to_string(default_stack_bytes())},
            {"guard", "page"}};
}

// A slip in the adapter is an error here, and not a cell that is "not expressible".
static_assert(suite::has_tasks<std_thread> && suite::has_channels<std_thread> &&
              suite::has_yields<std_thread> && suite::has_sleeps<std_thread> &&
              suite::has_mutexes<std_thread> && suite::has_shared_mutexes<std_thread> &&
              suite::has_foreign_spawns<std_thread> && suite::has_listeners<std_thread>);

}  // namespace contender
