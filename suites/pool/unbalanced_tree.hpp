// pool/unbalanced_tree: a tree that nobody knows in advance is walked by starting a task for each
// child and waiting for all.
//
// The tree is that of the Unbalanced Tree Search benchmark in its binomial form, with its T3's
// numbers: a node below the root has eight children or, far more often, none, as a hash of its
// state decides. Subtrees have 1000 nodes on average, most of them one and few very many, so that
// work can be spread only while it is found.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/counted_tasks.hpp"
#include "suites/kit/mix.hpp"
#include "suites/kit/workload.hpp"
#include "suites/pool/jobs.hpp"

namespace suite::pool {

/// A node is its state, from which those of its children follow.
class binomial_tree {
public:
    static constexpr std::size_t children_of_inner = 8;

    static std::uint64_t root() { return mix(42); }
    static std::uint64_t child(std::uint64_t node, std::size_t index) { return mix(node + index); }

    /// Of any node but the root.
    static std::size_t children(std::uint64_t node) {
        constexpr std::uint64_t inner = 536'334'041;  // of 2^32: a share of 0.124875
        return (node >> 32) < inner ? children_of_inner : 0;
    }
};

/// What was found below and in a node.
struct subtree {
    std::uint64_t nodes = 0;
    std::uint64_t sum = 0;  // of the nodes' states

    void add(const subtree& other) {
        nodes += other.nodes;
        sum += other.sum;
    }
};

/// Walks the tree without tasks, to know what is to be found.
inline subtree walk_alone(std::size_t root_children) {
    std::vector<std::uint64_t> open;
    const auto push_children = [&](std::uint64_t node, std::size_t children) {
        for (std::size_t index = 0; index < children; ++index) {
            open.push_back(binomial_tree::child(node, index));
        }
    };
    subtree found{1, binomial_tree::root()};
    push_children(binomial_tree::root(), root_children);
    while (!open.empty()) {
        const std::uint64_t node = open.back();
        open.pop_back();
        found.add({1, node});
        push_children(node, binomial_tree::children(node));
    }
    return found;
}

/// `Walk` is made from the number of the root's children and the work in each node, and is called
/// to walk the tree.
template <class Walk>
class unbalanced_tree_by {
public:
    explicit unbalanced_tree_by(const settings& run)
        : workers_(run.workers),
          operations_(run.operations),
          root_children_(static_cast<std::size_t>(run.number("root_children", 1))),
          grain_ns_(static_cast<double>(run.number("grain_ns"))),
          walk_(root_children_, spin(grain_ns_)),
          expected_(walk_alone(root_children_)) {}

    std::uint64_t repeat(meter& stopwatch) {
        subtree found;
        stopwatch.start();
        for (std::int64_t tree = 0; tree < operations_; ++tree) {
            found.add(walk_());
        }
        stopwatch.stop();
        const auto trees = static_cast<std::uint64_t>(operations_);
        const std::uint64_t nodes = expected_.nodes * trees;
        require_equal(found.nodes, nodes, "nodes of the trees");
        require_equal(found.sum, expected_.sum * trees, "sum of the nodes' states");
        stopwatch.figure("node_ns", stopwatch.elapsed_ns() / static_cast<double>(nodes));
        report_work(stopwatch, static_cast<double>(nodes) * grain_ns_, nodes, workers_);
        return found.sum;
    }

private:
    int workers_;
    std::int64_t operations_;
    std::size_t root_children_;
    double grain_ns_;
    Walk walk_;
    subtree expected_;
};

template <class Tasks>
class forked_walk {
public:
    forked_walk(std::size_t root_children, spin work)
        : root_children_(root_children), work_(work) {}

    subtree operator()() const {
        std::vector<subtree> below(root_children_);
        return walk_children(binomial_tree::root(), below);
    }

private:
    subtree walk(std::uint64_t node) const {
        if (binomial_tree::children(node) == 0) {
            do_work(work_, node);
            return {1, node};
        }
        std::array<subtree, binomial_tree::children_of_inner> below;
        return walk_children(node, below);
    }

    subtree walk_children(std::uint64_t node, std::span<subtree> below) const {
        do_work(work_, node);
        Tasks::fork_join(below.size(), [this, node, below](std::size_t index) {
            below[index].add(walk(binomial_tree::child(node, index)));
        });
        subtree found{1, node};
        for (const subtree& each : below) {
            found.add(each);
        }
        return found;
    }

    std::size_t root_children_;
    spin work_;
};

template <class Tasks>
using unbalanced_tree_of = unbalanced_tree_by<forked_walk<Tasks>>;

struct unbalanced_tree_workload {
    static constexpr std::array<std::string_view, 2> parameters{"root_children", "grain_ns"};
    static constexpr workload_info info{.id = "pool/unbalanced_tree",
                                        .version = 1,
                                        .source = "suites/pool/unbalanced_tree.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks};
    template <class C>
    using body = unbalanced_tree_of<counted_tasks<C>>;
};

}  // namespace suite::pool
