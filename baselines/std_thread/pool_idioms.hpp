// Pools of threads: started once and fed by a queue.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "adapter.hpp"
#include "suites/pool/sojourn.hpp"

namespace contender {

/// Starting a thread takes a good part of a job, so W threads wait for jobs; the queue holds all.
struct pooled_threads {
    template <class Job>
    static void serve(suite::pool::arrivals& due, int workers, Job job) {
        blocking_channel<std::size_t> queue(due.size());
        std::vector<std::thread> threads;
        for (int worker = 0; worker < workers; ++worker) {
            threads.emplace_back([queue, &job]() mutable {
                while (const auto next = queue.recv()) {
                    job(*next);
                }
            });
        }
        due.begin();
        for (std::size_t index = 0; index < due.size(); ++index) {
            due.await(index, [](auto time) { std::this_thread::sleep_for(time); });
            queue.send(index);
        }
        queue.close();
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::std_thread, pool::sojourn_workload> {
    using body = pool::sojourn_of<contender::pooled_threads>;
    static constexpr std::string_view source = "baselines/std_thread/pool_idioms.hpp";
};

}  // namespace suite
