// spawn/parked: a coroutine for each task, which waits at a channel or for a timer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "suites/spawn/parked.hpp"
#include "tasks.hpp"

namespace contender {

template <class Channel, class Timer = timer>
class parked_coroutines {
public:
    explicit parked_coroutines(const suite::settings& run)
        : tasks_(static_cast<std::size_t>(run.number("tasks", 1))),
          rounds_(run.operations),
          wait_(suite::spawn::parked_wait_of(run)),
          touch_(suite::spawn::parked_touch_of(run)),
          sleep_(suite::spawn::first_sleep(run.number("tasks", 1))),
          resident_idle_(suite::resident_bytes()) {}

    std::uint64_t repeat(suite::meter& stopwatch) { return run_to_end(all_rounds(stopwatch)); }

private:
    using clock = std::chrono::steady_clock;
    using wait = suite::spawn::parked_wait;

    /// What the tasks of a round report to.
    struct round {
        wait_group reported;
        wait_group ended;
        std::atomic<std::size_t> woken{0};

        /// Whether the wait ended as it should: with nothing received, and not too early.
        void end(bool as_it_should) {
            if (as_it_should) {
                woken.fetch_add(1, std::memory_order_relaxed);
            }
            ended.done();
        }
    };

    task<> wait_at(Channel gate, round& all) {
        co_await queued();
        touch_();
        all.reported.done();
        const auto [error, value] = co_await gate.receive();
        all.end(error.failed());
    }

    task<> wait_until(clock::time_point due, round& all) {
        co_await queued();
        touch_();
        all.reported.done();
        Timer alarm(pool_of_run::get_executor(), due);
        co_await alarm.async_wait(as_result);
        all.end(clock::now() >= due);
    }

    task<std::uint64_t> all_rounds(suite::meter& stopwatch) {
        stopwatch.start();
        for (std::int64_t round = 0; round < rounds_; ++round) {
            bool counts = co_await one_round(stopwatch);
            while (!counts) {
                sleep_ *= 4;
                counts = co_await one_round(stopwatch);
            }
        }
        stopwatch.stop();
        const std::uint64_t tasks = tasks_ * static_cast<std::uint64_t>(rounds_);
        stopwatch.figure("start_task_ns", start_ns_ / static_cast<double>(tasks));
        stopwatch.figure("wake_task_ns", wake_ns_ / static_cast<double>(tasks));
        stopwatch.figure("rss_after_bytes", grown_bytes());
        start_ns_ = wake_ns_ = 0;
        co_return tasks;
    }

    /// False when tasks woke before the last one was asleep, so that its figures mean nothing.
    task<bool> one_round(suite::meter& stopwatch) {
        round all;
        all.reported.add(tasks_);
        all.ended.add(tasks_);
        const auto begin = clock::now();
        const auto due = begin + sleep_;
        std::vector<Channel> gates = make_gates();
        start_all(gates, due, all);
        co_await all.reported.wait();
        const double started_ns = nanoseconds_since(begin);
        stopwatch.note_threads();
        stopwatch.figure("bytes_per_task", grown_bytes() / static_cast<double>(tasks_));
        const bool late = wait_ == wait::sleep && clock::now() > due;
        const auto wake = wait_ == wait::sleep ? due : clock::now();
        for (Channel& gate : gates) {
            gate.close();
        }
        co_await all.ended.wait();
        const double woke_ns = nanoseconds_since(wake);
        suite::require_equal(all.woken.load(std::memory_order_relaxed), tasks_,
                             "tasks woken as they should");
        start_ns_ += late ? 0 : started_ns;
        wake_ns_ += late ? 0 : woke_ns;
        co_return !late;
    }

    std::vector<Channel> make_gates() const {
        std::vector<Channel> gates;
        if (wait_ != wait::sleep) {
            for (std::size_t gate = 0; gate < (wait_ == wait::own_channel ? tasks_ : 1); ++gate) {
                gates.emplace_back(0);
            }
        }
        return gates;
    }

    void start_all(const std::vector<Channel>& gates, clock::time_point due, round& all) {
        for (std::size_t index = 0; index < tasks_; ++index) {
            start(gates.empty() ? wait_until(due, all) : wait_at(gates[index % gates.size()], all));
        }
    }

    double grown_bytes() const {
        return static_cast<double>(suite::resident_bytes() - resident_idle_);
    }

    static double nanoseconds_since(clock::time_point begin) {
        return std::chrono::duration<double, std::nano>(clock::now() - begin).count();
    }

    std::size_t tasks_;
    std::int64_t rounds_;
    wait wait_;
    suite::spawn::touch_function touch_;
    std::chrono::microseconds sleep_;
    std::int64_t resident_idle_;
    double start_ns_ = 0;
    double wake_ns_ = 0;
};

}  // namespace contender
