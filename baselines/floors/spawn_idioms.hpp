// Under starting tasks: function calls.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "adapter.hpp"
#include "suites/spawn/batch.hpp"
#include "suites/spawn/chain.hpp"
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

/// A link is a function call and leaves its mark; the next one is called when it has returned.
class called_chain {
public:
    explicit called_chain(const suite::settings& run)
        : marks_(static_cast<std::size_t>(run.operations)) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        std::fill(marks_.begin(), marks_.end(), 0);
        stopwatch.start();
        for (std::uint32_t& mark : marks_) {
            call([&] { ++mark; });
        }
        stopwatch.stop();
        for (const std::uint32_t mark : marks_) {
            suite::require_equal(mark, std::uint32_t{1}, "runs of one link of the chain");
        }
        return marks_.size();
    }

private:
    std::vector<std::uint32_t> marks_;
};

/// A child is a function call, and its result what that returns.
class called_skynet {
public:
    explicit called_skynet(const suite::settings& run) : trees_(run) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        return trees_.repeat(stopwatch, [this] { return node(0, trees_.leaves()); });
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

    suite::spawn::skynet_trees trees_;
};

}  // namespace floors

namespace suite {

template <>
struct idiom<floors::floor_of, spawn::batch_workload> {
    using body = spawn::batch_of<floors::called_batch>;
    static constexpr std::string_view source = "baselines/floors/spawn_idioms.hpp";
};

template <>
struct idiom<floors::floor_of, spawn::chain_workload> {
    using body = floors::called_chain;
    static constexpr std::string_view source = "baselines/floors/spawn_idioms.hpp";
};

template <>
struct idiom<floors::floor_of, spawn::skynet_workload> {
    using body = floors::called_skynet;
    static constexpr std::string_view source = "baselines/floors/spawn_idioms.hpp";
};

}  // namespace suite
