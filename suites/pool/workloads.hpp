// The registration list of the suite pool.
#pragma once

#include "suites/pool/fib.hpp"
#include "suites/pool/mutex.hpp"
#include "suites/pool/oversubscribed.hpp"
#include "suites/pool/shared_mutex.hpp"
#include "suites/pool/sojourn.hpp"
#include "suites/pool/starvation.hpp"
#include "suites/pool/task_per_job.hpp"
#include "suites/pool/unbalanced_tree.hpp"
#include "suites/pool/worker_pool.hpp"

namespace suite::pool {

using workloads = workload_list<worker_pool_workload, task_per_job_workload, sojourn_workload,
                                unbalanced_tree_workload, fib_workload, oversubscribed_workload,
                                mutex_workload, shared_mutex_workload, starvation_workload>;

}  // namespace suite::pool
