// The physical limit under each workload: the same work without a runtime.
#pragma once

#include <thread>
#include <vector>

#include "cpus.hpp"
#include "epoll_fetch.hpp"
#include "round_trips.hpp"
#include "suites/workloads.hpp"

namespace floors {

inline constexpr std::string_view source = "baselines/floors/bounds.hpp";

/// A call that the compiler neither inlines nor moves.
template <class Function>
[[gnu::noinline]] auto call(const Function& function) {
    asm volatile("" : : "r"(&function) : "memory");
    return function();
}

/// A task is a function call.
struct called_batch {
    template <class MakeTask>
    static void start_and_wait(std::size_t tasks, MakeTask make) {
        for (std::size_t index = 0; index < tasks; ++index) {
            call(make(index));
        }
    }
};

/// A child is a function call, and its result what that returns.
class called_skynet {
public:
    explicit called_skynet(const suite::settings& run)
        : leaves_(suite::spawn::skynet_leaves(run)) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        stopwatch.start();
        const std::uint64_t sum = node(0, leaves_);
        stopwatch.stop();
        suite::spawn::check_skynet_sum(sum, leaves_);
        return sum;
    }

private:
    static std::uint64_t node(std::uint64_t first, std::uint64_t leaves) {
        if (leaves == 1) {
            return first;
        }
        const std::uint64_t share = leaves / suite::spawn::skynet_children;
        std::uint64_t sum = 0;
        for (std::uint64_t child = 0; child < suite::spawn::skynet_children; ++child) {
            sum += call([=] { return node(first + child * share, share); });
        }
        return sum;
    }

    std::uint64_t leaves_;
};

/// A message is handed over by a function call, from one producer after the other.
class called_throughput {
public:
    explicit called_throughput(const suite::settings& run)
        : messages_(static_cast<std::uint64_t>(run.operations)) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        suite::channel::tally seen(1);
        stopwatch.start();
        for (std::uint64_t number = 1; number <= messages_; ++number) {
            call([&] { seen.take(suite::channel::message::make(0, number)); });
        }
        stopwatch.stop();
        suite::require_equal(seen.count, messages_, "messages received");
        return seen.sum;
    }

private:
    std::uint64_t messages_;
};

class token_round_trips {
public:
    explicit token_round_trips(const suite::settings& run)
        : trips_(static_cast<std::uint64_t>(run.operations)), way_(choose(run.profile)) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        const std::uint64_t token = way_(trips_, stopwatch);
        suite::require_equal(token, 2 * trips_, "token after all hops");
        return token;
    }

private:
    static round_trips choose(const std::string& profile) {
        if (profile == "cache_line_round_trip") {
            return cache_line_round_trips;
        }
        return profile == "futex_round_trip" ? futex_round_trips : fcontext_round_trips;
    }

    std::uint64_t trips_;
    round_trips way_;
};

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

class polled_urls {
public:
    explicit polled_urls(const suite::settings& run)
        : answers_(run), operations_(run.operations), at_once_(choose(run.text("mode"))) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        answers_.forget();
        stopwatch.start();
        for (std::int64_t time = 0; time < operations_; ++time) {
            epoll_fetch(answers_, at_once_);
        }
        stopwatch.stop();
        return answers_.check(operations_);
    }

private:
    std::size_t choose(const std::string& mode) const {
        if (mode == "sequential") {
            return 1;
        }
        if (mode == "pool") {
            return suite::fanout::pool_size;
        }
        if (mode == "all_at_once") {
            return answers_.size();
        }
        throw suite::usage_error("mode is sequential, all_at_once or pool, not '" + mode + "'");
    }

    suite::fanout::url_answers answers_;
    std::int64_t operations_;
    std::size_t at_once_;
};

/// The floors' program: no pool, since what runs below every runtime has none.
class floor_of {
public:
    static suite::description describe();
    static suite::terms terms_of(const suite::workload_info& workload, std::string_view profile);
    static std::string_view lacks(suite::capability what);

    template <class Root>
    static void run(const suite::settings&, Root root) {
        allowed_cpus();
        root();
    }

    /// A floor is drawn under every number of workers and gives back the one that it was asked for.
    static std::map<std::string, std::string> effective(const suite::settings& run) {
        return {{"workers", std::to_string(run.workers)}};
    }
};

}  // namespace floors

namespace suite {

template <class Body>
struct floor_idiom {
    using body = Body;
    static constexpr std::string_view source = floors::source;
};

template <>
struct idiom<floors::floor_of, spawn::batch_workload>
    : floor_idiom<spawn::batch_of<floors::called_batch>> {};
template <>
struct idiom<floors::floor_of, spawn::skynet_workload> : floor_idiom<floors::called_skynet> {};
template <>
struct idiom<floors::floor_of, channel::throughput_workload>
    : floor_idiom<floors::called_throughput> {};
template <>
struct idiom<floors::floor_of, channel::ping_pong_workload>
    : floor_idiom<floors::token_round_trips> {};
template <>
struct idiom<floors::floor_of, pool::worker_pool_workload>
    : floor_idiom<pool::worker_pool_of<floors::partitioned_loop>> {};
template <>
struct idiom<floors::floor_of, fanout::urls_workload> : floor_idiom<floors::polled_urls> {};

}  // namespace suite
