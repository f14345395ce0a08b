// Pools of oneTBB: the library's own threads; see spawn_idioms.hpp.
#pragma once

#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <cstdint>

#include "adapter.hpp"
#include "suites/pool/worker_pool.hpp"

namespace contender {

using oneapi::tbb::task_group;

/// A task for each job instead of a queue of jobs; a result is added up where its job ran.
struct task_per_job {
    static suite::pool::pool_results work_off(int, std::uint64_t jobs, const suite::spin& work) {
        std::atomic<std::uint64_t> count{0};
        std::atomic<std::uint64_t> sum{0};
        task_group group;
        for (std::uint64_t job = 0; job < jobs; ++job) {
            group.run([&, job] {
                sum.fetch_add(suite::pool::do_job(work, job), std::memory_order_relaxed);
                count.fetch_add(1, std::memory_order_relaxed);
            });
        }
        group.wait();
        return {count.load(std::memory_order_relaxed), sum.load(std::memory_order_relaxed)};
    }
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::tbb_tasks, pool::worker_pool_workload> {
    using body = pool::worker_pool_of<contender::task_per_job>;
    static constexpr std::string_view source = "baselines/tbb/pool_idioms.hpp";
};

}  // namespace suite
