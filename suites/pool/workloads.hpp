// The registration list of the suite pool.
#pragma once

#include "suites/pool/worker_pool.hpp"

namespace suite::pool {

using workloads = workload_list<worker_pool_workload>;

}  // namespace suite::pool
