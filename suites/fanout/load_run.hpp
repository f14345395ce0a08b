// One order of a contender's, made ready before its time is taken.
#pragma once

#include <time.h>

#include <chrono>
#include <cstdint>

#include "suites/fanout/load_report.hpp"
#include "suites/kit/latencies.hpp"

namespace suite::fanout {

class load_run {
public:
    load_run() = default;
    load_run(const load_run&) = delete;
    load_run& operator=(const load_run&) = delete;
    virtual ~load_run() = default;

    /// Throws wrong_result when the contender sent something wrong, std::system_error when the
    /// system refuses something, std::runtime_error when nothing goes on.
    virtual void run() = 0;
    virtual load_report report() = 0;
};

inline std::int64_t now_ns() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

/// The CPU time of this thread, which is all of the generator's.
inline double thread_cpu_ns() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

/// Percentiles as figures of a report.
inline void add_figures(load_report& report, latencies& times, std::string_view prefix = "") {
    meter named;
    times.report(named, prefix);
    report.figures.insert(named.result().figures.begin(), named.result().figures.end());
}

}  // namespace suite::fanout
