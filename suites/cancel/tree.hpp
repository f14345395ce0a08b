// cancel/tree: many tasks, each with a context of its own in one tree, wait until the root ends.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/head_start.hpp"
#include "suites/kit/workload.hpp"

namespace suite::cancel {

/// Children of each inner node, so that a tree of that depth has place for so many leaves.
inline std::size_t children_per_node(std::size_t leaves, std::int64_t depth) {
    std::size_t children = 0;
    for (std::size_t place = 0; place < leaves;) {
        ++children;
        place = 1;
        for (std::int64_t level = 0; level < depth && place < leaves; ++level) {
            place *= children;
        }
    }
    return children;
}

template <class C>
requires has_tasks<C> && has_contexts<C>
class tree {
public:
    explicit tree(const settings& run)
        : tasks_(static_cast<std::size_t>(run.number("tasks", 1))),
          depth_(run.number("depth", 1)),
          children_(children_per_node(tasks_, depth_)),
          rounds_(run.operations),
          by_deadline_(run.text("by") == "deadline"),
          lead_(tasks_) {
        if (!by_deadline_ && run.text("by") != "cancel") {
            throw usage_error("by is cancel or deadline, not '" + run.text("by") + "'");
        }
    }

    std::uint64_t repeat(meter& stopwatch) {
        spent total;
        stopwatch.start();
        for (std::int64_t number = 0; number < rounds_; ++number) {
            by_deadline_ ? await_deadline(total) : call_cancel(total);
        }
        stopwatch.stop();
        const double tasks = static_cast<double>(tasks_) * static_cast<double>(rounds_);
        stopwatch.figure("start_task_ns", total.start_ns / tasks);
        stopwatch.figure("end_task_ns", total.end_ns / tasks);
        return tasks_ * static_cast<std::uint64_t>(rounds_);
    }

private:
    using clock = std::chrono::steady_clock;
    using cancellable = decltype(C::root_context());
    using context = typename cancellable::first_type;

    struct spent {
        double start_ns = 0;
        double end_ns = 0;
    };

    /// One tree and what became of its tasks.
    class round {
    public:
        /// A task's mark is right when it ended after `due`, or, where that is empty, after
        /// `cancel`.
        round(const tree& shape, std::optional<clock::time_point> due)
            : shape_(shape), due_(due), marks_(shape.tasks_) {
            contexts_.reserve(2 * shape.tasks_);
            contexts_.push_back(C::root_context());
            if (due_) {
                contexts_.push_back(C::child_context_until(contexts_.front().first, *due_));
            }
        }

        /// Returns once every task has reported.
        void start() {
            reported_.add(static_cast<std::int64_t>(shape_.tasks_));
            ended_.add(static_cast<std::int64_t>(shape_.tasks_));
            grow(contexts_.back().first, shape_.depth_, 0, shape_.tasks_);
            reported_.wait();
        }
        void cancel() {
            cancelled_.store(true, std::memory_order_relaxed);
            contexts_.front().second();
        }
        void await_end() { ended_.wait(); }
        void check() const {
            const auto right = std::accumulate(marks_.begin(), marks_.end(), std::uint64_t{0});
            require_equal(right, std::uint64_t{marks_.size()},
                          "tasks that ended, and not before their context");
        }

    private:
        /// `depth` levels below the parent, the last of them the tasks' own contexts.
        void grow(context parent, std::int64_t depth, std::size_t first, std::size_t count) {
            if (depth == 1) {
                for (std::size_t task = first; task < first + count; ++task) {
                    start_task(keep(C::child_context(parent)), task);
                }
                return;
            }
            const std::size_t share = (count + shape_.children_ - 1) / shape_.children_;
            for (std::size_t given = 0; given < count; given += share) {
                grow(keep(C::child_context(parent)), depth - 1, first + given,
                     std::min(share, count - given));
            }
        }

        context keep(cancellable made) {
            contexts_.push_back(std::move(made));
            return contexts_.back().first;
        }

        void start_task(context own, std::size_t task) {
            C::spawn([this, own = std::move(own), &mark = marks_[task]] {
                reported_.done();
                C::wait_done(own);
                mark = due_ ? clock::now() >= *due_ : cancelled_.load(std::memory_order_relaxed);
                ended_.done();
            });
        }

        const tree& shape_;
        std::optional<clock::time_point> due_;
        std::atomic<bool> cancelled_{false};
        std::vector<std::uint8_t> marks_;
        std::vector<cancellable> contexts_;
        typename C::wait_group reported_;
        typename C::wait_group ended_;
    };

    void call_cancel(spent& total) {
        const auto begin = clock::now();
        round current(*this, std::nullopt);
        current.start();
        const auto cancelled = clock::now();
        current.cancel();
        current.await_end();
        const auto end = clock::now();
        current.check();
        total.start_ns += nanoseconds(cancelled - begin);
        total.end_ns += nanoseconds(end - cancelled);
    }

    void await_deadline(spent& total) {
        std::optional<round> current;
        clock::time_point begin;
        clock::time_point started;
        const auto due = lead_.arrange(
            [&](clock::time_point instant) {
                begin = clock::now();
                current.emplace(*this, instant);
                current->start();
                started = clock::now();
            },
            [&] { current->await_end(); });
        current->await_end();
        const auto end = clock::now();
        current->check();
        total.start_ns += nanoseconds(started - begin);
        total.end_ns += nanoseconds(end - due);
    }

    static double nanoseconds(clock::duration time) {
        return std::chrono::duration<double, std::nano>(time).count();
    }

    std::size_t tasks_;
    std::int64_t depth_;
    std::size_t children_;
    std::int64_t rounds_;
    bool by_deadline_;
    head_start<> lead_;
};

struct tree_workload {
    static constexpr std::array<std::string_view, 3> parameters{"tasks", "depth", "by"};
    static constexpr workload_info info{.id = "cancel/tree",
                                        .version = 1,
                                        .source = "suites/cancel/tree.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::contexts};
    template <class C>
    using body = tree<C>;
};

}  // namespace suite::cancel
