// The registration list of the suite sharing.
#pragma once

#include "suites/sharing/false_sharing.hpp"
#include "suites/sharing/layout.hpp"
#include "suites/sharing/migration.hpp"
#include "suites/sharing/true_sharing.hpp"

namespace suite::sharing {

using workloads = workload_list<false_sharing_workload, migration_workload, true_sharing_workload,
                                layout_workload>;

}  // namespace suite::sharing
