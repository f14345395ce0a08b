// The registration list of the suite fanout.
#pragma once

#include "suites/fanout/urls.hpp"

namespace suite::fanout {

using workloads = workload_list<urls_workload>;

}  // namespace suite::fanout
