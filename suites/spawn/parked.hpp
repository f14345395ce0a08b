// spawn/parked: many tasks wait, on one channel, each on its own, or asleep, until all are woken.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"
#include "suites/spawn/batch.hpp"

namespace suite::spawn {

enum class parked_wait { channel, own_channel, sleep };

inline parked_wait parked_wait_of(const settings& run) {
    const std::string& name = run.text("wait");
    if (name != "channel" && name != "own_channel" && name != "sleep") {
        throw usage_error("wait is channel, own_channel or sleep, not " + name);
    }
    return name == "sleep"         ? parked_wait::sleep
           : name == "own_channel" ? parked_wait::own_channel
                                   : parked_wait::channel;
}

using touch_function = void (*)();

/// What writes as much of a parked task's stack as is asked for.
inline touch_function parked_touch_of(const settings& run) {
    switch (run.number("stack_touched_bytes")) {
        case 0:
            return [] {};
        case 1024:
            return touch_stack<1024>;
        case 4096:
            return touch_stack<4096>;
        default:
            throw usage_error("stack_touched_bytes is 0, 1024 or 4096");
    }
}

/// How long parked tasks sleep at first: until all of them have been started, on most machines.
inline std::chrono::microseconds first_sleep(std::int64_t tasks) {
    return std::chrono::milliseconds(250) + tasks * std::chrono::microseconds(20);
}

template <class C>
requires has_tasks<C> && has_channels<C> && has_sleeps<C>
class parked {
public:
    explicit parked(const settings& run)
        : tasks_(run.number("tasks", 1)),
          rounds_(run.operations),
          wait_(parked_wait_of(run)),
          touch_(parked_touch_of(run)),
          resident_idle_(resident_bytes()) {}

    std::uint64_t repeat(meter& stopwatch) {
        double start_ns = 0;
        double wake_ns = 0;
        stopwatch.start();
        for (std::int64_t round = 0; round < rounds_; ++round) {
            while (!one_round(stopwatch, start_ns, wake_ns)) {
                sleep_ *= 4;
            }
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
    using channel = decltype(C::template make_channel<std::uint64_t>(0));

    /// Whether the wait ended as it should: with nothing received, and not too early.
    bool wait(channel& gate, clock::time_point due) const {
        if (wait_ == parked_wait::sleep) {
            C::sleep_for(due - clock::now());
            return clock::now() >= due;
        }
        return !gate.recv();
    }

    std::vector<channel> make_gates() const {
        std::vector<channel> gates;
        for (std::int64_t gate = 0; gate < (wait_ == parked_wait::own_channel ? tasks_ : 1);
             ++gate) {
            gates.push_back(C::template make_channel<std::uint64_t>(0));
        }
        return gates;
    }

    /// False when tasks woke before the last one was asleep, so that its figures mean nothing.
    bool one_round(meter& stopwatch, double& start_ns, double& wake_ns) {
        typename C::wait_group reported;
        typename C::wait_group ended;
        std::atomic<std::int64_t> woken{0};
        reported.add(tasks_);
        ended.add(tasks_);
        const auto begin = clock::now();
        const auto due = begin + sleep_;
        std::vector<channel> gates = make_gates();
        for (std::int64_t task = 0; task < tasks_; ++task) {
            const auto own = static_cast<std::size_t>(task) % gates.size();
            C::spawn([this, gate = gates[own], due, &reported, &ended, &woken]() mutable {
                touch_();
                reported.done();
                if (wait(gate, due)) {
                    woken.fetch_add(1, std::memory_order_relaxed);
                }
                ended.done();
            });
        }
        reported.wait();
        const double started_ns = nanoseconds_since(begin);
        note_memory(stopwatch);
        const bool late = wait_ == parked_wait::sleep && clock::now() > due;
        const auto wake = wait_ == parked_wait::sleep ? due : clock::now();
        for (channel& gate : gates) {
            gate.close();
        }
        ended.wait();
        const double woke_ns = nanoseconds_since(wake);
        require_equal(woken.load(std::memory_order_relaxed), tasks_, "tasks woken as they should");
        start_ns += late ? 0 : started_ns;
        wake_ns += late ? 0 : woke_ns;
        return !late;
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
    parked_wait wait_;
    touch_function touch_;
    std::int64_t resident_idle_;
    std::chrono::microseconds sleep_ = first_sleep(tasks_);
};

struct parked_workload {
    static constexpr std::array<std::string_view, 3> parameters{"tasks", "wait",
                                                                "stack_touched_bytes"};
    static constexpr workload_info info{.id = "spawn/parked",
                                        .version = 1,
                                        .source = "suites/spawn/parked.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels, capability::sleeps};
    template <class C>
    using body = parked<C>;
};

}  // namespace suite::spawn
