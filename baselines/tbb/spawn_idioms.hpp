// Starting tasks as users of oneTBB write it: fork and join, one task for each piece of work.
//
// oneTBB's tasks run on the stack of whoever takes them, so one that waits for another keeps its
// thread from all others. A task_group is its wait group, and a result is a task's end.
#pragma once

#include <oneapi/tbb/task_group.h>

#include <array>
#include <cstdint>

#include "adapter.hpp"
#include "suites/spawn/batch.hpp"
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

/// A node waits for its children's ends and sums what they returned.
class fork_join_skynet {
public:
    explicit fork_join_skynet(const suite::settings& run)
        : leaves_(suite::spawn::skynet_leaves(run)) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        stopwatch.effective("capacity", "none");
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

    std::uint64_t leaves_;
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::tbb_tasks, spawn::batch_workload> {
    using body = spawn::batch_of<contender::grouped_batch>;
    static constexpr std::string_view source = "baselines/tbb/spawn_idioms.hpp";
};

template <>
struct idiom<contender::tbb_tasks, spawn::skynet_workload> {
    using body = contender::fork_join_skynet;
    static constexpr std::string_view source = "baselines/tbb/spawn_idioms.hpp";
};

}  // namespace suite
