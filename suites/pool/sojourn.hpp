// pool/sojourn: jobs arrive at random times, at a share of what the workers can do, and are timed
// from when they were due to arrive until they are done.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/latencies.hpp"
#include "suites/kit/workload.hpp"
#include "suites/pool/arrivals.hpp"
#include "suites/pool/jobs.hpp"

namespace suite::pool {

/// `Form::serve(due, workers, job)` calls due.begin(), releases each job at its time by
/// due.await(i, sleep), has a worker call job(i), and returns when all are done.
template <class Form>
class sojourn_of {
public:
    explicit sojourn_of(const settings& run)
        : workers_(run.workers),
          due_(static_cast<std::size_t>(run.operations), mean_gap_ns(run)),
          work_(job_ns) {}

    std::uint64_t repeat(meter& stopwatch) {
        std::vector<outcome> outcomes(due_.size());
        stopwatch.start();
        Form::serve(due_, workers_, [&](std::size_t job) {
            do_work(work_, job);
            ++outcomes[job].runs;
            outcomes[job].sojourn = due_.since_due(job);
        });
        stopwatch.stop();
        return check(outcomes, stopwatch);
    }

private:
    static constexpr double job_ns = 100'000;

    struct outcome {
        std::chrono::nanoseconds sojourn{0};
        std::uint64_t runs = 0;
    };

    static double mean_gap_ns(const settings& run) {
        const double load = static_cast<double>(run.number("load_percent", 1)) / 100;
        return job_ns / parallel_workers(run.workers) / load;
    }

    std::uint64_t check(const std::vector<outcome>& outcomes, meter& stopwatch) {
        latencies sojourns(outcomes.size());
        for (const outcome& each : outcomes) {
            require_equal(each.runs, std::uint64_t{1}, "runs of a job");
            if (each.sojourn <= std::chrono::nanoseconds::zero()) {
                throw wrong_result("a job was done before it arrived");
            }
            sojourns.add(each.sojourn.count());
        }
        require_equal(due_.late().count(), outcomes.size(), "jobs that were released");
        sojourns.report(stopwatch);
        due_.late().report(stopwatch, "release_late_");
        return outcomes.size();
    }

    int workers_;
    arrivals due_;
    spin work_;
};

/// A task is the generator, and starts another for each job.
template <class C>
requires has_tasks<C> && has_sleeps<C>
struct task_for_each_arrival {
    template <class Job>
    static void serve(arrivals& due, int, Job job) {
        typename C::wait_group ended;
        ended.add(static_cast<std::int64_t>(due.size()));
        due.begin();
        for (std::size_t index = 0; index < due.size(); ++index) {
            due.await(index, [](std::chrono::nanoseconds time) { C::sleep_for(time); });
            C::spawn([&job, &ended, index] {
                job(index);
                ended.done();
            });
        }
        ended.wait();
    }
};

struct sojourn_workload {
    static constexpr std::array<std::string_view, 1> parameters{"load_percent"};
    static constexpr workload_info info{.id = "pool/sojourn",
                                        .version = 1,
                                        .source = "suites/pool/sojourn.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::sleeps};
    template <class C>
    using body = sojourn_of<task_for_each_arrival<C>>;
};

}  // namespace suite::pool
