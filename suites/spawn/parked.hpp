// spawn/parked: many tasks wait on one channel until it is closed.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"

namespace suite::spawn {

template <class C>
requires has_tasks<C> && has_channels<C>
class parked {
public:
    explicit parked(const settings& run)
        : tasks_(run.number("tasks", 1)),
          rounds_(run.operations),
          resident_idle_(resident_bytes()) {}

    std::uint64_t repeat(meter& stopwatch) {
        double start_ns = 0;
        double wake_ns = 0;
        stopwatch.start();
        for (std::int64_t round = 0; round < rounds_; ++round) {
            one_round(stopwatch, start_ns, wake_ns);
        }
        stopwatch.stop();
        const double tasks = static_cast<double>(tasks_) * static_cast<double>(rounds_);
        stopwatch.figure("start_task_ns", start_ns / tasks);
        stopwatch.figure("wake_task_ns", wake_ns / tasks);
        stopwatch.figure("rss_after_bytes", static_cast<double>(resident_bytes() - resident_idle_));
        return static_cast<std::uint64_t>(tasks_ * rounds_);
    }

private:
    using clock = std::chrono::steady_clock;

    void one_round(meter& stopwatch, double& start_ns, double& wake_ns) {
        auto gate = C::template make_channel<std::uint64_t>(0);
        typename C::wait_group reported;
        typename C::wait_group ended;
        std::atomic<std::int64_t> woken{0};
        reported.add(tasks_);
        ended.add(tasks_);
        const auto begin = clock::now();
        for (std::int64_t task = 0; task < tasks_; ++task) {
            C::spawn([gate, &reported, &ended, &woken]() mutable {
                reported.done();
                if (!gate.recv()) {
                    woken.fetch_add(1, std::memory_order_relaxed);
                }
                ended.done();
            });
        }
        reported.wait();
        start_ns += nanoseconds_since(begin);
        note_memory(stopwatch);
        const auto close = clock::now();
        gate.close();
        ended.wait();
        wake_ns += nanoseconds_since(close);
        require_equal(woken.load(std::memory_order_relaxed), tasks_, "tasks woken by the close");
    }

    void note_memory(meter& stopwatch) {
        stopwatch.note_threads();
        const auto grown = static_cast<double>(resident_bytes() - resident_idle_);
        stopwatch.figure("bytes_per_task", grown / static_cast<double>(tasks_));
    }

    static double nanoseconds_since(clock::time_point begin) {
        return std::chrono::duration<double, std::nano>(clock::now() - begin).count();
    }

    std::int64_t tasks_;
    std::int64_t rounds_;
    std::int64_t resident_idle_;
};

struct parked_workload {
    static constexpr std::array<std::string_view, 1> parameters{"tasks"};
    static constexpr workload_info info{.id = "spawn/parked",
                                        .version = 1,
                                        .source = "suites/spawn/parked.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = parked<C>;
};

}  // namespace suite::spawn
