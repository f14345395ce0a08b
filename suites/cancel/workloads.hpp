// The registration list of the suite cancel.
#pragma once

#include "suites/cancel/tree.hpp"

namespace suite::cancel {

using workloads = workload_list<tree_workload>;

}  // namespace suite::cancel
