// Sets of tasks that are started and waited for together: a coroutine for each, or tuned a function
// where a task never waits.
#pragma once

#include <cstddef>
#include <type_traits>

#include "suites/kit/meter.hpp"
#include "tasks.hpp"

namespace contender {

/// Starts a task: as a coroutine, or tuned as a function, since it never waits.
struct coroutine_or_function {
    template <class Work>
    static void start(Work work) {
        if (pool_of_run::is_tuned()) {
            asio::post(pool_of_run::get_executor(), work);
        } else {
            contender::start(as_task(work));
        }
    }

    template <class Work>
    static void start(Work work, wait_group& ended) {
        start([work, &ended] {
            work();
            ended.done();
        });
    }

    /// From a thread outside of the pool, from where co_spawn itself goes through the queue.
    template <class Work>
    static void start_from_outside(Work work) {
        if (pool_of_run::is_tuned()) {
            asio::post(pool_of_run::get_executor(), work);
        } else {
            contender::start(at_once(work));
        }
    }

private:
    template <class Work>
    static task<> as_task(Work work) {
        co_await queued();
        work();
    }

    template <class Work>
    static task<> at_once(Work work) {
        work();
        co_return;
    }
};

/// As suite::counted_tasks. A function may return a task, which is what it does then.
struct counted_coroutines {
    template <class Function>
    static void for_each(std::size_t tasks, Function function) {
        run_to_end(all(tasks, function));
    }

    template <class Function, class Finish>
    static void run_together(std::size_t tasks, suite::meter& stopwatch, Function function,
                             Finish finish) {
        run_to_end(all_together(tasks, stopwatch, function, finish));
    }

private:
    template <class Function>
    static constexpr bool waits = !std::is_void_v<std::invoke_result_t<Function&, std::size_t>>;

    template <class Function>
    static task<> all(std::size_t tasks, Function& function) {
        wait_group ended;
        ended.add(tasks);
        for (std::size_t index = 0; index < tasks; ++index) {
            if constexpr (waits<Function>) {
                start(one(function, index, ended));
            } else {
                coroutine_or_function::start([&function, index] { function(index); }, ended);
            }
        }
        co_await ended.wait();
    }

    template <class Function>
    static task<> one(Function& function, std::size_t index, wait_group& ended) {
        co_await queued();
        co_await function(index);
        ended.done();
    }

    /// The gate is closed to open it, which wakes all who wait there.
    template <class Function, class Finish>
    static task<> all_together(std::size_t tasks, suite::meter& stopwatch, Function& function,
                               Finish& finish) {
        channel gate(0);
        wait_group arrived;
        wait_group ended;
        arrived.add(tasks);
        ended.add(tasks);
        for (std::size_t index = 0; index < tasks; ++index) {
            start(one_behind(gate, function, index, arrived, ended));
        }
        co_await arrived.wait();
        stopwatch.start();
        gate.close();
        co_await ended.wait();
        if constexpr (std::is_void_v<std::invoke_result_t<Finish&>>) {
            finish();
        } else {
            co_await finish();
        }
        stopwatch.stop();
    }

    template <class Function>
    static task<> one_behind(channel gate, Function& function, std::size_t index,
                             wait_group& arrived, wait_group& ended) {
        co_await queued();
        arrived.done();
        co_await gate.receive();
        if constexpr (waits<Function>) {
            co_await function(index);
        } else {
            function(index);
        }
        ended.done();
    }
};

}  // namespace contender
