// The jobs of the suite pool: work of a known length, and what a pool makes of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <thread>

#include "suites/kit/meter.hpp"
#include "suites/kit/settings.hpp"
#include "suites/kit/spin.hpp"

namespace suite::pool {

/// Works, and looks at the outcome so that it cannot be left out. It is not used any further, since
/// it differs with the calibration.
inline void do_work(const spin& work, std::uint64_t seed) {
    std::uint64_t outcome = work(seed);
    asm volatile("" : "+r"(outcome));
}

/// Jobs that are all alike, or a mix in which every tenth is a hundred times as long.
class job_list {
public:
    static constexpr const char* mix = "mix";
    static constexpr double short_ns = 1'000;
    static constexpr double long_ns = 100'000;
    static constexpr std::uint64_t long_one_in = 10;

    /// `grain_ns` is the work in each job, or the word for the mix.
    job_list(const settings& run, std::uint64_t jobs)
        : jobs_(jobs),
          mixed_(run.text("grain_ns") == mix),
          grain_ns_(mixed_ ? short_ns : static_cast<double>(run.number("grain_ns"))),
          work_(grain_ns_),
          long_work_(mixed_ ? long_ns : grain_ns_) {}

    std::uint64_t size() const { return jobs_; }

    /// Does a job and returns its result, its number plus one.
    std::uint64_t operator()(std::uint64_t job) const {
        do_work(mixed_ && job % long_one_in == 0 ? long_work_ : work_, job);
        return job + 1;
    }

    /// The sum of all results.
    std::uint64_t sum() const { return jobs_ * (jobs_ + 1) / 2; }

    /// All the work that is in the jobs.
    double work_ns() const {
        const std::uint64_t long_ones = mixed_ ? (jobs_ + long_one_in - 1) / long_one_in : 0;
        return static_cast<double>(jobs_ - long_ones) * grain_ns_ +
               static_cast<double>(long_ones) * long_ns;
    }

private:
    std::uint64_t jobs_;
    bool mixed_;
    double grain_ns_;
    spin work_;
    spin long_work_;
};

/// More workers than CPUs cannot do more work at once than the CPUs.
inline int parallel_workers(int workers) {
    const auto cpus = static_cast<int>(std::thread::hardware_concurrency());
    return std::min(workers, std::max(cpus, 1));
}

/// Names `efficiency`, the work spread perfectly over the workers divided by the time taken, and
/// `overhead_ns`, what the workers' time was spent on beside it, per job. Where there is no work,
/// there is no efficiency.
inline void report_work(meter& stopwatch, double work_ns, std::uint64_t jobs, int workers) {
    const double spent_ns = stopwatch.elapsed_ns() * parallel_workers(workers);
    stopwatch.figure("overhead_ns", (spent_ns - work_ns) / static_cast<double>(jobs));
    if (work_ns > 0) {
        stopwatch.figure("efficiency", work_ns / spent_ns);
    }
}

}  // namespace suite::pool
