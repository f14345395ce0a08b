// The registration list of the suite fanout.
#pragma once

#include "suites/fanout/churn.hpp"
#include "suites/fanout/echo.hpp"
#include "suites/fanout/request.hpp"
#include "suites/fanout/stall.hpp"
#include "suites/fanout/urls.hpp"

namespace suite::fanout {

using workloads =
    workload_list<urls_workload, echo_workload, request_workload, churn_workload, stall_workload>;

}  // namespace suite::fanout
