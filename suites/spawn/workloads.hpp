// The registration list of the suite spawn.
#pragma once

#include "suites/spawn/batch.hpp"
#include "suites/spawn/parked.hpp"
#include "suites/spawn/skynet.hpp"

namespace suite::spawn {

using workloads = workload_list<batch_workload, skynet_workload, parked_workload>;

}  // namespace suite::spawn
