// A pool at rest, and events for it from a thread outside.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "adapter.hpp"
#include "suites/idle/cpu.hpp"
#include "suites/idle/wake.hpp"
#include "task_sets.hpp"

namespace contender {

struct resting_coroutine {
    static void rest(std::chrono::nanoseconds time) { run_to_end(sleep_for(time)); }

    static std::uint64_t work(std::uint64_t jobs, const suite::spin& work) {
        std::atomic<std::uint64_t> done{0};
        counted_coroutines::for_each(jobs, [&](std::size_t job) {
            work(job);
            done.fetch_add(1, std::memory_order_relaxed);
        });
        return done.load(std::memory_order_relaxed);
    }
};

/// Each event is a task that the outsider starts. The root is none of the pool's threads, so it may
/// wait for the outsider.
struct events_from_outside {
    static void deliver(suite::idle::events& all, suite::meter& stopwatch) {
        suite::idle::outsider outside(
            [] { coroutine_or_function::start_from_outside([] {}); },
            [&] {
                all.give([&](std::uint64_t number) {
                    coroutine_or_function::start_from_outside([&all, number] { all.take(number); });
                });
            });
        stopwatch.start();
        outside.begin();
        outside.join();
        stopwatch.stop();
    }
};

/// What is the same in all of them: where the form stands.
struct idle_idiom {
    static constexpr std::string_view source = "baselines/asio/idle_idioms.hpp";
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::asio_coroutines, idle::cpu_workload> : contender::idle_idiom {
    using body = idle::cpu_of<contender::resting_coroutine>;
};

template <>
struct idiom<contender::asio_coroutines, idle::wake_workload> : contender::idle_idiom {
    using body = idle::wake_of<contender::events_from_outside>;
};

}  // namespace suite
