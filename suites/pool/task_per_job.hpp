// pool/task_per_job: the jobs of a worker pool, each as a task of its own.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/counted_tasks.hpp"
#include "suites/kit/workload.hpp"
#include "suites/pool/jobs.hpp"

namespace suite::pool {

/// A result is left in a place of its job's own, since a task cannot return one.
template <class Tasks>
class task_per_job_of {
public:
    explicit task_per_job_of(const settings& run)
        : workers_(run.workers), jobs_(run, static_cast<std::uint64_t>(run.operations)) {}

    std::uint64_t repeat(meter& stopwatch) {
        std::vector<std::uint64_t> results(jobs_.size());
        stopwatch.start();
        Tasks::for_each(jobs_.size(), [&](std::size_t job) { results[job] += jobs_(job); });
        stopwatch.stop();
        for (std::uint64_t job = 0; job < jobs_.size(); ++job) {
            require_equal(results[job], job + 1, "a job's result");
        }
        report_work(stopwatch, jobs_.work_ns(), jobs_.size(), workers_);
        return jobs_.sum();
    }

private:
    int workers_;
    job_list jobs_;
};

struct task_per_job_workload {
    static constexpr std::array<std::string_view, 1> parameters{"grain_ns"};
    static constexpr workload_info info{.id = "pool/task_per_job",
                                        .version = 1,
                                        .source = "suites/pool/task_per_job.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks};
    template <class C>
    using body = task_per_job_of<counted_tasks<C>>;
};

}  // namespace suite::pool
