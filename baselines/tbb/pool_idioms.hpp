// Pools of oneTBB: the library's own threads; see spawn_idioms.hpp.
#pragma once

#include <oneapi/tbb/mutex.h>
#include <oneapi/tbb/rw_mutex.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <cstdint>
#include <latch>
#include <thread>
#include <utility>

#include "adapter.hpp"
#include "grouped_tasks.hpp"
#include "suites/pool/fib.hpp"
#include "suites/pool/mutex.hpp"
#include "suites/pool/oversubscribed.hpp"
#include "suites/pool/shared_mutex.hpp"
#include "suites/pool/sojourn.hpp"
#include "suites/pool/task_per_job.hpp"
#include "suites/pool/unbalanced_tree.hpp"
#include "suites/pool/worker_pool.hpp"

namespace contender {

/// A task for each job instead of a queue of jobs; a result is added up where its job ran.
struct summing_tasks {
    static suite::pool::pool_results work_off(int, std::int64_t,
                                              const suite::pool::job_list& jobs) {
        std::atomic<std::uint64_t> count{0};
        std::atomic<std::uint64_t> sum{0};
        task_group group;
        for (std::uint64_t job = 0; job < jobs.size(); ++job) {
            group.run([&, job] {
                sum.fetch_add(jobs(job), std::memory_order_relaxed);
                count.fetch_add(1, std::memory_order_relaxed);
            });
        }
        group.wait();
        return {count.load(std::memory_order_relaxed), sum.load(std::memory_order_relaxed)};
    }
};

/// A task that slept would keep its thread, so a thread outside releases the jobs. The root waits
/// for them as the group's waiting thread, which is one of the workers. The generator outlives the
/// tasks that it has made: since oneTBB 2022 they count down through a node that ends with it.
struct enqueued_arrivals {
    template <class Job>
    static void serve(suite::pool::arrivals& due, int, Job job) {
        task_group group;
        oneapi::tbb::task_arena arena{oneapi::tbb::task_arena::attach{}};
        oneapi::tbb::task_handle last = group.defer([] {});  // keeps the group waiting until then
        std::latch all_done(1);
        std::thread generator([&] {
            due.begin();
            for (std::size_t index = 0; index < due.size(); ++index) {
                due.await(index, [](auto time) { std::this_thread::sleep_for(time); });
                arena.enqueue(group.defer([&job, index] { job(index); }));
            }
            arena.enqueue(std::move(last));
            all_done.wait();
        });
        group.wait();
        all_done.count_down();
        generator.join();
    }
};

/// What is the same in all of them: where the form stands.
struct pool_idiom {
    static constexpr std::string_view source = "baselines/tbb/pool_idioms.hpp";
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::tbb_tasks, pool::worker_pool_workload> : contender::pool_idiom {
    using body = pool::worker_pool_of<contender::summing_tasks>;
};

template <>
struct idiom<contender::tbb_tasks, pool::task_per_job_workload> : contender::pool_idiom {
    using body = pool::task_per_job_of<contender::grouped_tasks>;
};

template <>
struct idiom<contender::tbb_tasks, pool::sojourn_workload> : contender::pool_idiom {
    using body = pool::sojourn_of<contender::enqueued_arrivals>;
};

template <>
struct idiom<contender::tbb_tasks, pool::oversubscribed_workload> : contender::pool_idiom {
    using body = pool::oversubscribed_of<contender::grouped_tasks>;
};

template <>
struct idiom<contender::tbb_tasks, pool::unbalanced_tree_workload> : contender::pool_idiom {
    using body = pool::unbalanced_tree_of<contender::grouped_tasks>;
};

template <>
struct idiom<contender::tbb_tasks, pool::fib_workload> : contender::pool_idiom {
    using body = pool::fib_of<contender::grouped_tasks>;
};

/// A task may take the library's mutexes, which spin before they block, where sections are short.
template <>
struct idiom<contender::tbb_tasks, pool::mutex_workload> : contender::pool_idiom {
    using body = pool::mutex_of<contender::grouped_tasks, oneapi::tbb::mutex>;
};

template <>
struct idiom<contender::tbb_tasks, pool::shared_mutex_workload> : contender::pool_idiom {
    using body = pool::shared_mutex_of<contender::grouped_tasks, oneapi::tbb::rw_mutex>;
};

}  // namespace suite
