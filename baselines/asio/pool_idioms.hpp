// Pools of coroutines: fed by a channel, or with a coroutine for each job.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "adapter.hpp"
#include "coroutine_trees.hpp"
#include "suites/pool/oversubscribed.hpp"
#include "suites/pool/sojourn.hpp"
#include "suites/pool/starvation.hpp"
#include "suites/pool/task_per_job.hpp"
#include "suites/pool/worker_pool.hpp"
#include "task_sets.hpp"

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
        co_await take_all(results, [&seen](std::uint64_t result) {
            ++seen.count;
            seen.sum += result;
        });
        co_return seen;
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

/// A coroutine is the generator, and starts another for each job.
struct coroutine_for_each_arrival {
    template <class Job>
    static void serve(suite::pool::arrivals& due, int, Job job) {
        run_to_end(release(due, job));
    }

private:
    template <class Job>
    static task<> release(suite::pool::arrivals& due, Job& job) {
        wait_group ended;
        ended.add(due.size());
        due.begin();
        for (std::size_t index = 0; index < due.size(); ++index) {
            std::chrono::nanoseconds since = due.since_due(index);
            for (; since < std::chrono::nanoseconds::zero(); since = due.since_due(index)) {
                co_await sleep_for(-since);
            }
            due.late().add(since.count());
            coroutine_or_function::start([&job, index] { job(index); }, ended);
        }
        co_await ended.wait();
    }
};

struct ticking_coroutines {
    static std::chrono::nanoseconds tick_beside(std::vector<suite::pool::ticker>& all,
                                                const suite::spin& work) {
        return run_to_end(start_all(all, work));
    }

private:
    static task<std::chrono::nanoseconds> start_all(std::vector<suite::pool::ticker>& all,
                                                    const suite::spin& work) {
        std::chrono::nanoseconds worked{0};
        wait_group ended;
        ended.add(all.size() + 1);
        for (suite::pool::ticker& each : all) {
            start(tick(each, ended));
        }
        coroutine_or_function::start([&worked, &work] { worked = suite::pool::time_work(work); },
                                     ended);
        co_await ended.wait();
        co_return worked;
    }

    static task<> tick(suite::pool::ticker& own, wait_group& ended) {
        co_await queued();
        for (; own.ticks_on(); own.tick()) {
            const std::chrono::nanoseconds left = own.until_due();
            if (left > std::chrono::nanoseconds::zero()) {
                co_await sleep_for(left);
            }
        }
        ended.done();
    }
};

/// What is the same in all of them: where the form stands.
struct pool_idiom {
    static constexpr std::string_view source = "baselines/asio/pool_idioms.hpp";
};
struct tree_idiom {
    static constexpr std::string_view source = "baselines/asio/coroutine_trees.hpp";
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::asio_coroutines, pool::worker_pool_workload> : contender::pool_idiom {
    using body = pool::worker_pool_of<contender::coroutine_pool<contender::channel>>;
};

template <>
struct idiom<contender::asio_coroutines, pool::task_per_job_workload> : contender::pool_idiom {
    using body = pool::task_per_job_of<contender::counted_coroutines>;
};

template <>
struct idiom<contender::asio_coroutines, pool::oversubscribed_workload> : contender::pool_idiom {
    using body = pool::oversubscribed_of<contender::counted_coroutines>;
};

template <>
struct idiom<contender::asio_coroutines, pool::sojourn_workload> : contender::pool_idiom {
    using body = pool::sojourn_of<contender::coroutine_for_each_arrival>;
};

template <>
struct idiom<contender::asio_coroutines, pool::starvation_workload> : contender::pool_idiom {
    using body = pool::starvation_of<contender::ticking_coroutines>;
};

template <>
struct idiom<contender::asio_coroutines, pool::fib_workload> : contender::tree_idiom {
    using body = pool::fib_by<contender::coroutine_fib>;
};

template <>
struct idiom<contender::asio_coroutines, pool::unbalanced_tree_workload> : contender::tree_idiom {
    using body = pool::unbalanced_tree_by<contender::coroutine_walk>;
};

}  // namespace suite
