// spawn/skynet: a tree of tasks in which each node sums what its ten children send it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"

namespace suite::spawn {

inline constexpr std::uint64_t skynet_children = 10;

/// The leaves of a run's tree: its operations, which have to be a power of the fan-out.
inline std::uint64_t skynet_leaves(const settings& run) {
    std::int64_t power = 1;
    while (power < run.operations) {
        power *= static_cast<std::int64_t>(skynet_children);
    }
    if (power != run.operations) {
        throw usage_error("the operations of spawn/skynet are a power of ten, not " +
                          std::to_string(run.operations));
    }
    return static_cast<std::uint64_t>(power);
}

inline void check_skynet_sum(std::uint64_t sum, std::uint64_t leaves) {
    require_equal(sum, leaves * (leaves - 1) / 2, "sum of the leaves");
}

template <class C>
requires has_tasks<C> && has_channels<C>
class skynet {
public:
    explicit skynet(const settings& run)
        : leaves_(skynet_leaves(run)),
          capacity_(static_cast<std::size_t>(run.number("capacity"))) {}

    std::uint64_t repeat(meter& stopwatch) {
        stopwatch.start();
        auto result = C::template make_channel<std::uint64_t>(capacity_);
        C::spawn([result, leaves = leaves_, capacity = capacity_] {
            node(result, 0, leaves, capacity);
        });
        const std::uint64_t sum = result.recv().value_or(0);
        stopwatch.stop();
        stopwatch.effective("capacity", std::to_string(result.capacity()));
        check_skynet_sum(sum, leaves_);
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

    std::uint64_t leaves_;
    std::size_t capacity_;
};

struct skynet_workload {
    static constexpr std::array<std::string_view, 1> parameters{"capacity"};
    static constexpr workload_info info{.id = "spawn/skynet",
                                        .version = 1,
                                        .source = "suites/spawn/skynet.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = skynet<C>;
};

}  // namespace suite::spawn
