// pool/worker_pool: tasks take jobs from a channel and send results on another.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"
#include "suites/pool/jobs.hpp"

namespace suite::pool {

inline constexpr std::size_t queue_capacity = 128;

/// `Form::work_off(workers, tasks, jobs)` has so many tasks do the jobs and returns what came back:
/// how many results, and their sum.
struct pool_results {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
};

template <class Form>
class worker_pool_of {
public:
    /// `pool_tasks` is a number, or the word for as many as the workers.
    explicit worker_pool_of(const settings& run)
        : workers_(run.workers),
          tasks_(run.text("pool_tasks") == "workers" ? run.workers : run.number("pool_tasks", 1)),
          jobs_(run, static_cast<std::uint64_t>(run.operations)) {}

    std::uint64_t repeat(meter& stopwatch) {
        stopwatch.start();
        const pool_results results = Form::work_off(workers_, tasks_, jobs_);
        stopwatch.stop();
        require_equal(results.count, jobs_.size(), "results that came back");
        require_equal(results.sum, jobs_.sum(), "sum of the results");
        report_work(stopwatch, jobs_.work_ns(), jobs_.size(), workers_);
        return results.sum;
    }

private:
    int workers_;
    std::int64_t tasks_;
    job_list jobs_;
};

template <class C>
requires has_tasks<C> && has_channels<C>
struct channel_pool {
    static pool_results work_off(int, std::int64_t tasks, const job_list& jobs) {
        auto queue = C::template make_channel<std::uint64_t>(queue_capacity);
        auto results = C::template make_channel<std::uint64_t>(queue_capacity);
        typename C::wait_group working;
        working.add(tasks);
        for (std::int64_t task = 0; task < tasks; ++task) {
            C::spawn([queue, results, &jobs, &working]() mutable {
                while (const auto job = queue.recv()) {
                    results.send(jobs(*job));
                }
                working.done();
            });
        }
        C::spawn([queue, results, &jobs, &working]() mutable {
            for (std::uint64_t job = 0; job < jobs.size(); ++job) {
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
    static constexpr std::array<std::string_view, 2> parameters{"pool_tasks", "grain_ns"};
    static constexpr workload_info info{.id = "pool/worker_pool",
                                        .version = 2,
                                        .source = "suites/pool/worker_pool.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = worker_pool_of<channel_pool<C>>;
};

}  // namespace suite::pool
