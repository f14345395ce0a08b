// Starting tasks: a coroutine for each.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "adapter.hpp"
#include "parked_coroutines.hpp"
#include "suites/spawn/batch.hpp"
#include "suites/spawn/chain.hpp"
#include "suites/spawn/foreign.hpp"
#include "suites/spawn/parked.hpp"
#include "suites/spawn/skynet.hpp"
#include "task_sets.hpp"

namespace contender {

template <class Starter>
class coroutine_batch {
public:
    explicit coroutine_batch(const suite::settings& run)
        : marks_(static_cast<std::size_t>(run.number("tasks", 1))),
          batches_(run.operations),
          one_batch_(choose(run)),
          cold_task_ns_(run_to_end(cold_batch())) {}

    std::uint64_t repeat(suite::meter& stopwatch) { return run_to_end(all_batches(stopwatch)); }

private:
    using batch_function = task<> (coroutine_batch::*)();

    template <std::size_t Captured, std::size_t Touched>
    task<> one_batch() {
        ended_.add(marks_.size());
        for (std::uint32_t& mark : marks_) {
            suite::spawn::marking_task<Captured, Touched> work{};
            work.mark = &mark;
            if constexpr (Captured > 0) {
                work.captured.fill(1);
            }
            Starter::start(work, ended_);
        }
        co_await ended_.wait();
    }

    static batch_function choose(const suite::settings& run) {
        const bool captures = run.number("captured_bytes") != 0;
        const bool touches = run.number("stack_touched_bytes") != 0;
        if (captures) {
            return touches ? &coroutine_batch::one_batch<64, 1024>
                           : &coroutine_batch::one_batch<64, 0>;
        }
        return touches ? &coroutine_batch::one_batch<0, 1024> : &coroutine_batch::one_batch<0, 0>;
    }

    task<double> cold_batch() {
        suite::meter stopwatch;
        stopwatch.start();
        co_await (this->*one_batch_)();
        stopwatch.stop();
        check(1);
        co_return stopwatch.elapsed_ns() / static_cast<double>(marks_.size());
    }

    task<std::uint64_t> all_batches(suite::meter& stopwatch) {
        stopwatch.start();
        for (std::int64_t batch = 0; batch < batches_; ++batch) {
            co_await (this->*one_batch_)();
        }
        stopwatch.stop();
        const std::uint64_t tasks = marks_.size() * static_cast<std::uint64_t>(batches_);
        stopwatch.figure("task_ns", stopwatch.elapsed_ns() / static_cast<double>(tasks));
        stopwatch.figure("cold_task_ns", cold_task_ns_);
        check(batches_);
        co_return tasks;
    }

    void check(std::int64_t batches) {
        for (std::uint32_t& mark : marks_) {
            suite::require_equal(std::uint64_t{std::exchange(mark, 0)},
                                 static_cast<std::uint64_t>(batches), "runs of one task");
        }
    }

    std::vector<std::uint32_t> marks_;
    std::int64_t batches_;
    batch_function one_batch_;
    wait_group ended_;
    double cold_task_ns_;
};

class coroutine_chain {
public:
    void begin() { ended_.add(1); }
    template <class Task>
    void start(Task link) {
        coroutine_or_function::start(link);
    }
    void end() { ended_.done(); }
    void wait() { ended_.wait_outside(); }

private:
    wait_group ended_;
};

/// What keeps the pool busy puts itself at the end of its queue after each piece of work, which is
/// the yield of a coroutine.
class pool_for_threads {
public:
    void begin(std::size_t threads) { threads_ended_.add(threads); }
    template <class Task>
    void hand_over(Task work) {
        coroutine_or_function::start_from_outside(work);
    }
    void thread_ended() { threads_ended_.done(); }
    void wait() { threads_ended_.wait_outside(); }

    void keep_busy(int tasks, const suite::spin& work) {
        is_busy_ = true;
        stop_.store(false, std::memory_order_relaxed);
        busy_.add(static_cast<std::size_t>(tasks));
        for (int each = 0; each < tasks; ++each) {
            start(compute(work));
        }
    }
    void let_idle() {
        stop_.store(true, std::memory_order_relaxed);
        if (std::exchange(is_busy_, false)) {
            busy_.wait_outside();
        }
    }

private:
    task<> compute(const suite::spin& work) {
        std::uint64_t value = 0;
        while (!stop_.load(std::memory_order_relaxed)) {
            value = work(value);
            co_await queued();
        }
        busy_.done();
    }

    wait_group threads_ended_;
    wait_group busy_;
    bool is_busy_ = false;
    std::atomic<bool> stop_{false};
};

template <class Channel>
class coroutine_skynet {
public:
    explicit coroutine_skynet(const suite::settings& run)
        : trees_(run), capacity_(static_cast<std::size_t>(run.number("capacity"))) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        stopwatch.effective("capacity", std::to_string(Channel(capacity_).capacity()));
        return trees_.repeat(stopwatch, [this] { return run_to_end(grow()); });
    }

private:
    task<std::uint64_t> grow() {
        Channel result(capacity_);
        start(node(result, 0, trees_.leaves(), capacity_));
        const auto [error, sum] = co_await result.receive();
        co_return sum;
    }

    static task<> node(Channel parent, std::uint64_t first, std::uint64_t leaves,
                       std::size_t capacity) {
        co_await queued();
        std::uint64_t sum = first;
        if (leaves > 1) {
            constexpr std::uint64_t fan_out = suite::spawn::skynet_children;
            const std::uint64_t share = leaves / fan_out;
            Channel children(capacity);
            for (std::uint64_t child = 0; child < fan_out; ++child) {
                start(node(children, first + child * share, share, capacity));
            }
            sum = 0;
            for (std::uint64_t child = 0; child < fan_out; ++child) {
                channel::message got;
                if (!children.receive_at_once(got)) {
                    got = co_await children.receive();
                }
                sum += std::get<1>(got);
            }
        }
        if (!parent.send_at_once(sum)) {
            co_await parent.send(sum);
        }
    }

    suite::spawn::skynet_trees trees_;
    std::size_t capacity_;
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::asio_coroutines, spawn::batch_workload> {
    using body = contender::coroutine_batch<contender::coroutine_or_function>;
    static constexpr std::string_view source = "baselines/asio/spawn_idioms.hpp";
};

template <>
struct idiom<contender::asio_coroutines, spawn::chain_workload> {
    using body = spawn::chain_of<contender::coroutine_chain>;
    static constexpr std::string_view source = "baselines/asio/spawn_idioms.hpp";
};

template <>
struct idiom<contender::asio_coroutines, spawn::foreign_workload> {
    using body = spawn::foreign_of<contender::pool_for_threads>;
    static constexpr std::string_view source = "baselines/asio/spawn_idioms.hpp";
};

template <>
struct idiom<contender::asio_coroutines, spawn::skynet_workload> {
    using body = contender::coroutine_skynet<contender::channel>;
    static constexpr std::string_view source = "baselines/asio/spawn_idioms.hpp";
};

template <>
struct idiom<contender::asio_coroutines, spawn::parked_workload> {
    using body = contender::parked_coroutines<contender::channel>;
    static constexpr std::string_view source = "baselines/asio/parked_coroutines.hpp";
};

}  // namespace suite
