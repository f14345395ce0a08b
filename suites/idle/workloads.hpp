// The registration list of the suite idle.
#pragma once

#include "suites/idle/cpu.hpp"
#include "suites/idle/wake.hpp"

namespace suite::idle {

using workloads = workload_list<cpu_workload, wake_workload>;

}  // namespace suite::idle
