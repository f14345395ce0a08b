// The registration list: every workload that the programs are built with, one line each.
#pragma once

#include "suites/channel/ping_pong.hpp"
#include "suites/channel/throughput.hpp"
#include "suites/fanout/urls.hpp"
#include "suites/pool/worker_pool.hpp"
#include "suites/sharing/false_sharing.hpp"
#include "suites/spawn/batch.hpp"
#include "suites/spawn/parked.hpp"
#include "suites/spawn/skynet.hpp"

namespace suite {

using all_workloads = workload_list<  //
    spawn::batch_workload,            //
    spawn::skynet_workload,           //
    spawn::parked_workload,           //
    channel::ping_pong_workload,      //
    channel::throughput_workload,     //
    sharing::false_sharing_workload,  //
    pool::worker_pool_workload,       //
    fanout::urls_workload>;

}  // namespace suite
