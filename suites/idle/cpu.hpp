// idle/cpu: the pool is up and has nothing to do.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "suites/kit/check.hpp"
#include "suites/kit/spin.hpp"
#include "suites/kit/workload.hpp"

namespace suite::idle {

/// `Form::work(jobs, work)` has the pool do the work so many times and returns how often it was
/// done; `Form::rest(time)` returns after the time, in which the pool has nothing to do.
template <class Form>
class cpu_of {
public:
    explicit cpu_of(const settings& run)
        : jobs_(static_cast<std::uint64_t>(run.workers) * jobs_per_worker),
          idle_(run.number("idle_ms", 1)),
          periods_(run.operations),
          work_(job_ns) {}

    std::uint64_t repeat(meter& stopwatch) {
        std::uint64_t jobs = Form::work(jobs_, work_);
        Form::rest(settling);
        stopwatch.start();
        for (std::int64_t period = 0; period < periods_; ++period) {
            Form::rest(idle_);
        }
        stopwatch.stop();
        jobs += Form::work(jobs_, work_);
        require_equal(jobs, 2 * jobs_, "jobs done before and after the rest");
        const std::chrono::nanoseconds asked = idle_ * periods_;
        if (stopwatch.elapsed_ns() < static_cast<double>(asked.count())) {
            throw wrong_result("the rest was shorter than it was to be");
        }
        constexpr double ns_per_s = 1e9;
        stopwatch.figure("cpu_ns_per_s",
                         stopwatch.result().cpu_ns / stopwatch.elapsed_ns() * ns_per_s);
        return static_cast<std::uint64_t>(periods_);
    }

private:
    // Long and many enough that every worker takes part: then all of them have come up.
    static constexpr double job_ns = 100'000;
    static constexpr std::uint64_t jobs_per_worker = 10;
    // Workers look for more before they rest, some for milliseconds. That is not idleness.
    static constexpr std::chrono::milliseconds settling{20};

    std::uint64_t jobs_;
    std::chrono::milliseconds idle_;
    std::int64_t periods_;
    spin work_;
};

/// The shared form: the root sleeps, which is one timer of the contender's own.
template <class C>
requires has_tasks<C> && has_sleeps<C>
struct sleeping_root {
    static void rest(std::chrono::nanoseconds time) { C::sleep_for(time); }

    static std::uint64_t work(std::uint64_t jobs, const spin& work) {
        std::atomic<std::uint64_t> done{0};
        typename C::wait_group ended;
        ended.add(static_cast<std::int64_t>(jobs));
        for (std::uint64_t job = 0; job < jobs; ++job) {
            C::spawn([&, job] {
                work(job);
                done.fetch_add(1, std::memory_order_relaxed);
                ended.done();
            });
        }
        ended.wait();
        return done.load(std::memory_order_relaxed);
    }
};

struct cpu_workload {
    static constexpr std::array<std::string_view, 1> parameters{"idle_ms"};
    static constexpr workload_info info{
        .id = "idle/cpu", .version = 1, .source = "suites/idle/cpu.hpp", .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::sleeps};
    template <class C>
    using body = cpu_of<sleeping_root<C>>;
};

}  // namespace suite::idle
