// Pools of coroutines that are fed by a channel.
#pragma once

#include <cstdint>

#include "adapter.hpp"
#include "suites/pool/worker_pool.hpp"

namespace contender {

template <class Channel>
struct coroutine_pool {
    static suite::pool::pool_results work_off(int, std::int64_t tasks,
                                              const suite::pool::job_list& jobs) {
        return run_to_end(all(static_cast<std::size_t>(tasks), jobs));
    }

private:
    static task<suite::pool::pool_results> all(std::size_t tasks,
                                               const suite::pool::job_list& jobs) {
        Channel queue(suite::pool::queue_capacity);
        Channel results(suite::pool::queue_capacity);
        wait_group working;
        working.add(tasks);
        for (std::size_t each = 0; each < tasks; ++each) {
            start(work_on(queue, results, jobs, working));
        }
        start(feed(queue, results, tasks, jobs, working));
        suite::pool::pool_results seen;
        for (;;) {
            channel::message got;
            if (!results.receive_at_once(got)) {
                got = co_await results.receive();
            }
            if (std::get<0>(got)) {
                co_return seen;
            }
            ++seen.count;
            seen.sum += std::get<1>(got);
        }
    }

    static task<> work_on(Channel queue, Channel results, const suite::pool::job_list& jobs,
                          wait_group& working) {
        co_await queued();
        for (;;) {
            channel::message got;
            if (!queue.receive_at_once(got)) {
                got = co_await queue.receive();
            }
            if (std::get<0>(got)) {
                break;
            }
            const std::uint64_t result = jobs(std::get<1>(got));
            if (!results.send_at_once(result)) {
                co_await results.send(result);
            }
        }
        working.done();
    }

    static task<> feed(Channel queue, Channel results, std::size_t tasks,
                       const suite::pool::job_list& jobs, wait_group& working) {
        co_await queued();
        for (std::uint64_t job = 0; job < jobs.size(); ++job) {
            if (!queue.send_at_once(job)) {
                co_await queue.send(job);
            }
        }
        for (std::size_t each = 0; each < tasks; ++each) {
            co_await queue.send_end();
        }
        co_await working.wait();
        co_await results.send_end();
    }
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::asio_coroutines, pool::worker_pool_workload> {
    using body = pool::worker_pool_of<contender::coroutine_pool<contender::channel>>;
    static constexpr std::string_view source = "baselines/asio/pool_idioms.hpp";
};

}  // namespace suite
