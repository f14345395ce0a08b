// The registration list of the suite channel.
#pragma once

#include "suites/channel/fine_grain_sum.hpp"
#include "suites/channel/ping_pong.hpp"
#include "suites/channel/pipeline.hpp"
#include "suites/channel/ring.hpp"
#include "suites/channel/select.hpp"
#include "suites/channel/sieve.hpp"
#include "suites/channel/throughput.hpp"

namespace suite::channel {

using workloads =
    workload_list<ping_pong_workload, ring_workload, throughput_workload, select_workload,
                  sieve_workload, pipeline_workload, fine_grain_sum_workload>;

}  // namespace suite::channel
