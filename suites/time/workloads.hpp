// The registration list of the suite time.
#pragma once

#include "suites/time/sleep_storm.hpp"
#include "suites/time/timeout_churn.hpp"

namespace suite::time {

using workloads = workload_list<sleep_storm_workload, timeout_churn_workload>;

}  // namespace suite::time
