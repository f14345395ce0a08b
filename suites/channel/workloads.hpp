// The registration list of the suite channel.
#pragma once

#include "suites/channel/ping_pong.hpp"
#include "suites/channel/throughput.hpp"

namespace suite::channel {

using workloads = workload_list<ping_pong_workload, throughput_workload>;

}  // namespace suite::channel
