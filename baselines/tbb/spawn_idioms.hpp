// Starting tasks as users of oneTBB write it: fork and join, one task for each piece of work.
//
// oneTBB's tasks run on the stack of whoever takes them, so one that waits for another keeps its
// thread from all others. A task_group is its wait group, and a result is a task's end.
#pragma once

#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "adapter.hpp"
#include "suites/spawn/batch.hpp"
#include "suites/spawn/chain.hpp"
#include "suites/spawn/foreign.hpp"
#include "suites/spawn/skynet.hpp"

namespace contender {

using oneapi::tbb::task_group;

struct grouped_batch {
    template <class MakeTask>
    static void start_and_wait(std::size_t tasks, MakeTask make) {
        task_group group;
        for (std::size_t index = 0; index < tasks; ++index) {
            group.run(make(index));
        }
        group.wait();
    }
};

class grouped_chain {
public:
    void begin() {}
    template <class Task>
    void start(Task task) {
        group_.run(task);
    }
    void end() {}
    void wait() { group_.wait(); }

private:
    task_group group_;
};

/// Threads outside enqueue, which is what an arena has for them. What keeps the pool busy does so
/// too, piece after piece: a task that a worker runs from its own queue would go before all others.
class open_arena {
public:
    void begin(std::size_t threads) {
        threads_.store(threads, std::memory_order_relaxed);
        open_ = handed_over_.defer([] {});
    }
    template <class Task>
    void hand_over(Task task) {
        arena_.enqueue(handed_over_.defer(task));
    }
    void thread_ended() {
        if (threads_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            handed_over_.run(std::move(open_));
        }
    }
    void wait() { handed_over_.wait(); }

    void keep_busy(int tasks, const suite::spin& work) {
        stop_.store(false, std::memory_order_relaxed);
        for (int task = 0; task < tasks; ++task) {
            enqueue_piece(work);
        }
    }
    void let_idle() {
        stop_.store(true, std::memory_order_relaxed);
        busy_.wait();
    }

private:
    void enqueue_piece(const suite::spin& work) {
        arena_.enqueue(busy_.defer([this, &work] {
            work(1);
            if (!stop_.load(std::memory_order_relaxed)) {
                enqueue_piece(work);
            }
        }));
    }

    oneapi::tbb::task_arena arena_{oneapi::tbb::task_arena::attach{}};
    task_group handed_over_;
    task_group busy_;
    oneapi::tbb::task_handle open_;  // keeps the wait for what is handed over from ending
    std::atomic<std::size_t> threads_{0};
    std::atomic<bool> stop_{false};
};

/// A node waits for its children's ends and sums what they returned.
class fork_join_skynet {
public:
    explicit fork_join_skynet(const suite::settings& run) : trees_(run) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        stopwatch.effective("capacity", "none");
        return trees_.repeat(stopwatch, [this] { return node(0, trees_.leaves()); });
    }

private:
    static std::uint64_t node(std::uint64_t first, std::uint64_t leaves) {
        if (leaves == 1) {
            return first;
        }
        constexpr std::uint64_t children = suite::spawn::skynet_children;
        const std::uint64_t share = leaves / children;
        std::array<std::uint64_t, children> sums{};
        task_group group;
        for (std::uint64_t child = 0; child < children; ++child) {
            group.run([&sums, child, share, first = first + child * share] {
                sums[child] = node(first, share);
            });
        }
        group.wait();
        std::uint64_t sum = 0;
        for (const std::uint64_t each : sums) {
            sum += each;
        }
        return sum;
    }

    suite::spawn::skynet_trees trees_;
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::tbb_tasks, spawn::batch_workload> {
    using body = spawn::batch_of<contender::grouped_batch>;
    static constexpr std::string_view source = "baselines/tbb/spawn_idioms.hpp";
};

template <>
struct idiom<contender::tbb_tasks, spawn::chain_workload> {
    using body = spawn::chain_of<contender::grouped_chain>;
    static constexpr std::string_view source = "baselines/tbb/spawn_idioms.hpp";
};

template <>
struct idiom<contender::tbb_tasks, spawn::foreign_workload> {
    using body = spawn::foreign_of<contender::open_arena>;
    static constexpr std::string_view source = "baselines/tbb/spawn_idioms.hpp";
};

template <>
struct idiom<contender::tbb_tasks, spawn::skynet_workload> {
    using body = contender::fork_join_skynet;
    static constexpr std::string_view source = "baselines/tbb/spawn_idioms.hpp";
};

}  // namespace suite
