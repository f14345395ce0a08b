// Fork and join: a coroutine starts others, does the last part itself, and waits for them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "suites/pool/fib.hpp"
#include "suites/pool/unbalanced_tree.hpp"
#include "tasks.hpp"

namespace contender {

struct coroutine_fib {
    static std::uint64_t number(std::int64_t index) { return run_to_end(call(index)); }

private:
    static task<std::uint64_t> call(std::int64_t index) {
        if (index < 2) {
            co_return static_cast<std::uint64_t>(index);
        }
        std::uint64_t first = 0;
        wait_group ended;
        ended.add(1);
        start(fork(index - 1, first, ended));
        const std::uint64_t second = co_await call(index - 2);
        co_await ended.wait();
        co_return first + second;
    }

    static task<> fork(std::int64_t index, std::uint64_t& result, wait_group& ended) {
        co_await queued();
        result += co_await call(index);
        ended.done();
    }
};

class coroutine_walk {
public:
    coroutine_walk(std::size_t root_children, suite::spin work)
        : root_children_(root_children), work_(work) {}

    suite::pool::subtree operator()() const { return run_to_end(walk_root()); }

private:
    using tree = suite::pool::binomial_tree;
    using subtree = suite::pool::subtree;

    task<subtree> walk_root() const {
        std::vector<subtree> below(root_children_);
        co_return co_await walk_children(tree::root(), below);
    }

    task<subtree> walk(std::uint64_t node) const {
        if (tree::children(node) == 0) {
            suite::pool::do_work(work_, node);
            co_return subtree{1, node};
        }
        std::array<subtree, tree::children_of_inner> below;
        co_return co_await walk_children(node, below);
    }

    task<subtree> walk_children(std::uint64_t node, std::span<subtree> below) const {
        suite::pool::do_work(work_, node);
        const std::size_t last = below.size() - 1;
        wait_group ended;
        ended.add(last);
        for (std::size_t index = 0; index < last; ++index) {
            start(fork(tree::child(node, index), below[index], ended));
        }
        below[last].add(co_await walk(tree::child(node, last)));
        if (last > 0) {
            co_await ended.wait();
        }
        subtree found{1, node};
        for (const subtree& each : below) {
            found.add(each);
        }
        co_return found;
    }

    task<> fork(std::uint64_t node, subtree& result, wait_group& ended) const {
        co_await queued();
        result.add(co_await walk(node));
        ended.done();
    }

    std::size_t root_children_;
    suite::spin work_;
};

}  // namespace contender
