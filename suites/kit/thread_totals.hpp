// What the kernel counts for each thread and for no process: how often it was moved to another
// processor.
#pragma once

#include <cstdint>
#include <optional>

namespace suite {

/// Sums over the threads of this process that live now, since each of them began.
struct thread_totals {
    double cpu_ns = 0;
    std::int64_t switches = 0;
    std::int64_t migrations = 0;

    /// nullopt where the kernel does not say: /proc/self/task/N/sched is there with
    /// CONFIG_SCHED_DEBUG. Reads a file for each thread, so not while something is timed.
    static std::optional<thread_totals> now();
};

/// How often threads were moved to another processor between two readings, if the threads that
/// lived at both account for what the process spent meanwhile. Otherwise some that ended took part,
/// and what is left would be too little.
///
/// The first reading has to be before, and the second after, those of the process.
std::optional<std::int64_t> migrations_between(const thread_totals& before,
                                               const thread_totals& after, double process_cpu_ns,
                                               std::int64_t process_switches);

}  // namespace suite
