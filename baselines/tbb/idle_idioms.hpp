// An arena at rest: its root is the program's own thread, which rests outside the library.
#pragma once

#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "adapter.hpp"
#include "suites/idle/cpu.hpp"
#include "suites/idle/wake.hpp"

namespace contender {

struct resting_arena {
    static void rest(std::chrono::nanoseconds time) { std::this_thread::sleep_for(time); }

    static std::uint64_t work(std::uint64_t jobs, const suite::spin& work) {
        std::atomic<std::uint64_t> done{0};
        oneapi::tbb::task_group group;
        for (std::uint64_t job = 0; job < jobs; ++job) {
            group.run([&, job] {
                work(job);
                done.fetch_add(1, std::memory_order_relaxed);
            });
        }
        group.wait();
        return done.load(std::memory_order_relaxed);
    }
};

/// `enqueue` is the library's way in for threads that are not the arena's. The root waits outside
/// it, so the arena's other threads take the events.
struct enqueued_events {
    static void deliver(suite::idle::events& all, suite::meter& stopwatch) {
        oneapi::tbb::task_arena arena{oneapi::tbb::task_arena::attach{}};
        suite::idle::outsider outside([] {},
                                      [&] {
                                          all.give([&](std::uint64_t number) {
                                              arena.enqueue([&all, number] { all.take(number); });
                                          });
                                      });
        stopwatch.start();
        outside.begin();
        outside.join();
        stopwatch.stop();
    }
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::tbb_tasks, idle::cpu_workload> {
    using body = idle::cpu_of<contender::resting_arena>;
    static constexpr std::string_view source = "baselines/tbb/idle_idioms.hpp";
};

template <>
struct idiom<contender::tbb_tasks, idle::wake_workload> {
    using body = idle::wake_of<contender::enqueued_events>;
    static constexpr std::string_view source = "baselines/tbb/idle_idioms.hpp";
};

}  // namespace suite
