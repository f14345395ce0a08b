// Under starting tasks: function calls.
#pragma once

#include <cstdint>

#include "adapter.hpp"
#include "suites/spawn/batch.hpp"
#include "suites/spawn/skynet.hpp"

namespace floors {

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

}  // namespace floors

namespace suite {

template <>
struct idiom<floors::floor_of, spawn::batch_workload> {
    using body = spawn::batch_of<floors::called_batch>;
    static constexpr std::string_view source = "baselines/floors/spawn_idioms.hpp";
};

template <>
struct idiom<floors::floor_of, spawn::skynet_workload> {
    using body = floors::called_skynet;
    static constexpr std::string_view source = "baselines/floors/spawn_idioms.hpp";
};

}  // namespace suite
