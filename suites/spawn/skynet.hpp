// spawn/skynet: a tree of tasks in which each node sums what its ten children send it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"

namespace suite::spawn {

inline constexpr std::uint64_t skynet_children = 10;

/// How many trees a repetition grows, and how many leaves each has: a power of the fan-out.
class skynet_trees {
public:
    explicit skynet_trees(const settings& run) : trees_(run.operations) {
        const std::int64_t asked = run.number("leaves", 1);
        std::int64_t power = 1;
        while (power < asked) {
            power *= static_cast<std::int64_t>(skynet_children);
        }
        if (power != asked) {
            throw usage_error("the leaves of spawn/skynet are a power of ten, not " +
                              std::to_string(asked));
        }
        leaves_ = static_cast<std::uint64_t>(power);
    }

    std::uint64_t leaves() const { return leaves_; }

    void check(std::uint64_t sum) const {
        require_equal(sum, leaves_ * (leaves_ - 1) / 2, "sum of the leaves");
    }

    /// Times all trees; `grow()` returns the sum of one. The checksum is that of all.
    template <class Grow>
    std::uint64_t repeat(meter& stopwatch, Grow grow) const {
        std::uint64_t sum_of_all = 0;
        stopwatch.start();
        for (std::int64_t tree = 0; tree < trees_; ++tree) {
            const std::uint64_t sum = grow();
            check(sum);
            sum_of_all += sum;
        }
        stopwatch.stop();
        return sum_of_all;
    }

private:
    std::int64_t trees_;
    std::uint64_t leaves_ = 1;
};

template <class C>
requires has_tasks<C> && has_channels<C>
class skynet {
public:
    explicit skynet(const settings& run)
        : trees_(run), capacity_(static_cast<std::size_t>(run.number("capacity"))) {}

    std::uint64_t repeat(meter& stopwatch) {
        std::size_t effective = 0;
        const std::uint64_t sum = trees_.repeat(stopwatch, [&] {
            auto result = C::template make_channel<std::uint64_t>(capacity_);
            effective = result.capacity();
            C::spawn([result, leaves = trees_.leaves(), capacity = capacity_] {
                node(result, 0, leaves, capacity);
            });
            return result.recv().value_or(0);
        });
        stopwatch.effective("capacity", std::to_string(effective));
        return sum;
    }

private:
    using channel = decltype(C::template make_channel<std::uint64_t>(0));

    static void node(channel parent, std::uint64_t first, std::uint64_t leaves,
                     std::size_t capacity) {
        if (leaves == 1) {
            parent.send(first);
            return;
        }
        auto children = C::template make_channel<std::uint64_t>(capacity);
        const std::uint64_t share = leaves / skynet_children;
        for (std::uint64_t child = 0; child < skynet_children; ++child) {
            C::spawn([children, first = first + child * share, share, capacity] {
                node(children, first, share, capacity);
            });
        }
        std::uint64_t sum = 0;
        for (std::uint64_t child = 0; child < skynet_children; ++child) {
            sum += children.recv().value_or(0);
        }
        parent.send(sum);
    }

    skynet_trees trees_;
    std::size_t capacity_;
};

struct skynet_workload {
    static constexpr std::array<std::string_view, 2> parameters{"leaves", "capacity"};
    static constexpr workload_info info{.id = "spawn/skynet",
                                        .version = 2,
                                        .source = "suites/spawn/skynet.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = skynet<C>;
};

}  // namespace suite::spawn
