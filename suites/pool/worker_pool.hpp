// pool/worker_pool: as many tasks as workers take jobs from a channel and send results on another.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <thread>

#include "suites/kit/check.hpp"
#include "suites/kit/spin.hpp"
#include "suites/kit/workload.hpp"

namespace suite::pool {

inline constexpr std::size_t queue_capacity = 128;

/// A job's result: its number plus one. The work's own outcome is looked at, so that it cannot be
/// left out, but not sent, since it differs with the calibration.
inline std::uint64_t do_job(const spin& work, std::uint64_t job) {
    std::uint64_t outcome = work(job);
    asm volatile("" : "+r"(outcome));
    return job + 1;
}

/// `Form::work_off(workers, jobs, work, stopwatch)` does the jobs 0 to jobs - 1 and returns what
/// came back: how many results, and their sum.
struct pool_results {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
};

template <class Form>
class worker_pool_of {
public:
    explicit worker_pool_of(const settings& run)
        : workers_(run.workers),
          jobs_(static_cast<std::uint64_t>(run.operations)),
          grain_ns_(static_cast<double>(run.number("grain_ns"))),
          work_(grain_ns_) {}

    std::uint64_t repeat(meter& stopwatch) {
        stopwatch.start();
        const pool_results results = Form::work_off(workers_, jobs_, work_);
        stopwatch.stop();
        require_equal(results.count, jobs_, "results that came back");
        require_equal(results.sum, jobs_ * (jobs_ + 1) / 2, "sum of the results");
        if (grain_ns_ > 0) {
            // More workers than CPUs cannot do more work at once than the CPUs.
            const auto cpus = static_cast<int>(std::thread::hardware_concurrency());
            const double ideal_ns =
                static_cast<double>(jobs_) * grain_ns_ / std::min(workers_, std::max(cpus, 1));
            stopwatch.figure("efficiency", ideal_ns / stopwatch.elapsed_ns());
        }
        return results.sum;
    }

private:
    int workers_;
    std::uint64_t jobs_;
    double grain_ns_;
    spin work_;
};

template <class C>
requires has_tasks<C> && has_channels<C>
struct channel_pool {
    static pool_results work_off(int workers, std::uint64_t jobs, const spin& work) {
        auto queue = C::template make_channel<std::uint64_t>(queue_capacity);
        auto results = C::template make_channel<std::uint64_t>(queue_capacity);
        typename C::wait_group working;
        working.add(workers);
        for (int worker = 0; worker < workers; ++worker) {
            C::spawn([queue, results, &work, &working]() mutable {
                while (const auto job = queue.recv()) {
                    results.send(do_job(work, *job));
                }
                working.done();
            });
        }
        C::spawn([queue, results, jobs, &working]() mutable {
            for (std::uint64_t job = 0; job < jobs; ++job) {
                queue.send(job);
            }
            queue.close();
            working.wait();
            results.close();
        });
        pool_results seen;
        while (const auto result = results.recv()) {
            ++seen.count;
            seen.sum += *result;
        }
        return seen;
    }
};

struct worker_pool_workload {
    static constexpr std::array<std::string_view, 1> parameters{"grain_ns"};
    static constexpr workload_info info{.id = "pool/worker_pool",
                                        .version = 1,
                                        .source = "suites/pool/worker_pool.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = worker_pool_of<channel_pool<C>>;
};

}  // namespace suite::pool
