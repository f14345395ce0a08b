// Under pools: the work dealt out beforehand, and function calls.
#pragma once

#include <cstdint>
#include <thread>
#include <vector>

#include "adapter.hpp"
#include "suites/pool/fib.hpp"
#include "suites/pool/mutex.hpp"
#include "suites/pool/oversubscribed.hpp"
#include "suites/pool/task_per_job.hpp"
#include "suites/pool/worker_pool.hpp"

namespace floors {

/// Deals the numbers below `total` out to as many pinned threads as workers were asked for; each
/// thread does `range(thread, begin, end)`.
template <class Range>
void on_pinned_threads(std::uint64_t total, const Range& range) {
    const auto threads = static_cast<std::uint64_t>(floor_of::workers());
    const auto do_range = [&](std::uint64_t thread) {
        pin_this_thread(static_cast<int>(thread));
        range(thread, total * thread / threads, total * (thread + 1) / threads);
    };
    std::vector<std::thread> others;
    for (std::uint64_t thread = 1; thread < threads; ++thread) {
        others.emplace_back(do_range, thread);
    }
    do_range(0);
    for (std::thread& other : others) {
        other.join();
    }
}

struct partitioned_loop {
    static suite::pool::pool_results work_off(int workers, std::int64_t,
                                              const suite::pool::job_list& jobs) {
        std::vector<suite::pool::pool_results> results(static_cast<std::size_t>(workers));
        on_pinned_threads(jobs.size(),
                          [&](std::uint64_t thread, std::uint64_t job, std::uint64_t end) {
                              suite::pool::pool_results own;
                              for (; job < end; ++job) {
                                  own.sum += jobs(job);
                                  ++own.count;
                              }
                              results[thread] = own;
                          });
        suite::pool::pool_results total;
        for (const suite::pool::pool_results& each : results) {
            total.sum += each.sum;
            total.count += each.count;
        }
        return total;
    }

    template <class Function>
    static void for_each(std::size_t tasks, const Function& function) {
        on_pinned_threads(tasks, [&](std::uint64_t, std::uint64_t task, std::uint64_t end) {
            for (; task < end; ++task) {
                function(task);
            }
        });
    }
};

/// A task is a function call, one after the other.
struct called_tasks {
    template <class Function>
    static void fork_join(std::size_t parts, const Function& function) {
        for (std::size_t part = 0; part < parts; ++part) {
            call([&] { function(part); });
        }
    }

    template <class Function, class Finish>
    static void run_together(std::size_t tasks, suite::meter& stopwatch, const Function& function,
                             const Finish& finish) {
        stopwatch.start();
        fork_join(tasks, function);
        finish();
        stopwatch.stop();
    }
};

struct no_mutex {
    void lock() {}
    void unlock() {}
};

struct pool_floor {
    static constexpr std::string_view source = "baselines/floors/pool_idioms.hpp";
};

}  // namespace floors

namespace suite {

template <>
struct idiom<floors::floor_of, pool::worker_pool_workload> : floors::pool_floor {
    using body = pool::worker_pool_of<floors::partitioned_loop>;
};

template <>
struct idiom<floors::floor_of, pool::task_per_job_workload> : floors::pool_floor {
    using body = pool::task_per_job_of<floors::partitioned_loop>;
};

template <>
struct idiom<floors::floor_of, pool::oversubscribed_workload> : floors::pool_floor {
    using body = pool::oversubscribed_of<floors::partitioned_loop>;
};

template <>
struct idiom<floors::floor_of, pool::fib_workload> : floors::pool_floor {
    using body = pool::fib_of<floors::called_tasks>;
};

template <>
struct idiom<floors::floor_of, pool::mutex_workload> : floors::pool_floor {
    using body = pool::mutex_of<floors::called_tasks, floors::no_mutex>;
};

}  // namespace suite
