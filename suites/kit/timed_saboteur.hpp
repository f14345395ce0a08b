// The saboteur with sleeps, timers and contexts, of which one may be spoilt.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "suites/kit/saboteur.hpp"

namespace suite::testing {

enum class time_defect {
    none,
    sleeps_short,  // a sleep ends at once
    fires_early,   // a timer calls its function when it is started
    stops_late,    // stopping a timer says that it was too late
    ends_early     // the third task of a tree runs before its maker goes on, and does not wait
};

/// Ends by its deadline or by `end`, and its children with it.
class context_node {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit context_node(time_point deadline) : deadline_(deadline) {}

    std::shared_ptr<context_node> make_child(time_point deadline) {
        const std::scoped_lock lock(mutex_);
        children_.push_back(std::make_shared<context_node>(std::min(deadline, deadline_)));
        return children_.back();
    }

    void end() {
        std::vector<std::shared_ptr<context_node>> children;
        {
            const std::scoped_lock lock(mutex_);
            ended_ = true;
            ended_changed_.notify_all();
            children = children_;
        }
        for (const auto& child : children) {
            child->end();
        }
    }

    void wait() {
        std::unique_lock lock(mutex_);
        const auto ended = [&] { return ended_; };
        if (deadline_ == time_point::max()) {
            ended_changed_.wait(lock, ended);
        } else {
            ended_changed_.wait_until(lock, deadline_, ended);
        }
    }

private:
    const time_point deadline_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable ended_changed_;
    bool ended_ = false;
    std::vector<std::shared_ptr<context_node>> children_;
};

template <time_defect Defect = time_defect::none>
class timed_saboteur : public saboteur<> {
public:
    using context = std::shared_ptr<context_node>;
    struct cancel_function {
        context of;
        void operator()() const { of->end(); }
    };
    using cancellable = std::pair<context, cancel_function>;

    static void sleep_for(std::chrono::nanoseconds time) {
        if (Defect != time_defect::sleeps_short) {
            std::this_thread::sleep_for(time);
        }
    }

    /// Fires never: what is measured stops its timers.
    struct timer {
        bool stop() { return Defect != time_defect::stops_late; }
    };
    template <class Function>
    static timer start_timer(std::chrono::nanoseconds, Function function) {
        if (Defect == time_defect::fires_early) {
            function();
        }
        return {};
    }

    template <class Task>
    static void spawn(Task task) {
        if (Defect == time_defect::ends_early && ++spawned_ == 3) {
            early_ = true;
            task();
            early_ = false;
        } else {
            saboteur<>::spawn(std::move(task));
        }
    }

    static cancellable root_context() {
        spawned_ = 0;
        return handles(std::make_shared<context_node>(context_node::time_point::max()));
    }
    static cancellable child_context(const context& parent) {
        return child_context_until(parent, context_node::time_point::max());
    }
    static cancellable child_context_until(const context& parent,
                                           context_node::time_point deadline) {
        return handles(parent->make_child(deadline));
    }
    static void wait_done(const context& waited_for) {
        if (!early_) {
            waited_for->wait();
        }
    }

    template <class Task>
    static void spawn_from_thread(Task task) {
        spawn(std::move(task));
    }

private:
    static cancellable handles(context of) { return {of, cancel_function{of}}; }

    static inline int spawned_ = 0;
    static inline thread_local bool early_ = false;  // set while the task runs that ends early
};

/// One repetition of a workload's shared body that a time_defect spoils.
template <time_defect Defect, class W>
std::uint64_t repeat_once(const settings& run) {
    using contender = timed_saboteur<Defect>;
    return repeat_once<contender, typename W::template body<contender>>(run);
}

}  // namespace suite::testing
