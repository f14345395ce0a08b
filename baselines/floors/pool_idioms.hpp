// Under pools: the work dealt out beforehand.
#pragma once

#include <cstdint>
#include <thread>
#include <vector>

#include "adapter.hpp"
#include "suites/pool/worker_pool.hpp"

namespace floors {

/// Jobs dealt out to the CPUs beforehand, each doing its share in a loop.
struct partitioned_loop {
    static suite::pool::pool_results work_off(int workers, std::uint64_t jobs,
                                              const suite::spin& work) {
        const auto shares = static_cast<std::uint64_t>(workers);
        std::vector<suite::pool::pool_results> results(shares);
        const auto do_share = [&](std::uint64_t share) {
            pin_this_thread(static_cast<int>(share));
            suite::pool::pool_results own;
            for (std::uint64_t job = share; job < jobs; job += shares) {
                own.sum += suite::pool::do_job(work, job);
                ++own.count;
            }
            results[share] = own;
        };
        std::vector<std::thread> others;
        for (std::uint64_t share = 1; share < shares; ++share) {
            others.emplace_back(do_share, share);
        }
        do_share(0);
        suite::pool::pool_results total = results.front();
        for (std::uint64_t share = 1; share < shares; ++share) {
            others[share - 1].join();
            total.sum += results[share].sum;
            total.count += results[share].count;
        }
        return total;
    }
};

}  // namespace floors

namespace suite {

template <>
struct idiom<floors::floor_of, pool::worker_pool_workload> {
    using body = pool::worker_pool_of<floors::partitioned_loop>;
    static constexpr std::string_view source = "baselines/floors/pool_idioms.hpp";
};

}  // namespace suite
