// The registration list of the suite spawn.
#pragma once

#include "suites/spawn/batch.hpp"
#include "suites/spawn/chain.hpp"
#include "suites/spawn/foreign.hpp"
#include "suites/spawn/parked.hpp"
#include "suites/spawn/skynet.hpp"

namespace suite::spawn {

using workloads = workload_list<batch_workload, chain_workload, skynet_workload, foreign_workload,
                                parked_workload>;

}  // namespace suite::spawn
