// sharing/true_sharing: many tasks add to one number, in the ways that a program may do that.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "suites/kit/check.hpp"
#include "suites/kit/counted_tasks.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/workload.hpp"
#include "suites/sharing/false_sharing.hpp"

namespace suite::sharing {

/// What the tasks are to do together.
struct counting {
    std::size_t tasks;
    std::uint64_t increments;

    std::uint64_t share(std::size_t task) const { return share_of(increments, tasks, task); }
};

/// Each way counts all the increments and returns what it has counted.
template <class Tasks>
std::uint64_t count_by_atomic(const counting& job, meter& stopwatch) {
    std::atomic<std::uint64_t> count{0};
    const auto add_often = [&](std::size_t task) {
        for (std::uint64_t left = job.share(task); left > 0; --left) {
            count.fetch_add(1, std::memory_order_relaxed);
        }
    };
    Tasks::run_together(job.tasks, stopwatch, add_often, [] {});
    return count.load(std::memory_order_relaxed);
}

/// The count is atomic for a mutex alone that does not exclude; its accesses are plain ones.
template <class Tasks, class Mutex>
std::uint64_t count_by_mutex(const counting& job, meter& stopwatch) {
    Mutex mutex;
    std::atomic<std::uint64_t> count{0};
    const auto add_often = [&](std::size_t task) {
        for (std::uint64_t left = job.share(task); left > 0; --left) {
            mutex.lock();
            count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            mutex.unlock();
        }
    };
    Tasks::run_together(job.tasks, stopwatch, add_often, [] {});
    return count.load(std::memory_order_relaxed);
}

/// A task counts on its own stack and adds once, at its end.
template <class Tasks>
std::uint64_t count_by_merging(const counting& job, meter& stopwatch) {
    std::atomic<std::uint64_t> count{0};
    const auto add_once = [&](std::size_t task) {
        std::uint64_t own = 0;
        increment(own, job.share(task));
        count.fetch_add(own, std::memory_order_relaxed);
    };
    Tasks::run_together(job.tasks, stopwatch, add_once, [] {});
    return count.load(std::memory_order_relaxed);
}

/// One task has the number, and the others send it what to add.
template <has_channels C>
std::uint64_t count_by_channel(const counting& job, meter& stopwatch) {
    constexpr std::size_t capacity = 128;
    auto additions = C::template make_channel<std::uint64_t>(capacity);
    std::uint64_t count = 0;
    typename C::wait_group counted;
    counted.add(1);
    C::spawn([additions, &count, &counted]() mutable {
        while (const auto addition = additions.recv()) {
            count += *addition;
        }
        counted.done();
    });
    const auto send_often = [&](std::size_t task) {
        for (std::uint64_t left = job.share(task); left > 0; --left) {
            additions.send(1);
        }
    };
    counted_tasks<C>::run_together(job.tasks, stopwatch, send_often, [&] {
        additions.close();
        counted.wait();
    });
    return count;
}

/// `Ways::choose(word)` gives one of the functions above.
template <class Ways>
class true_sharing_of {
public:
    explicit true_sharing_of(const settings& run)
        : job_{static_cast<std::size_t>(run.number("tasks", 1)),
               static_cast<std::uint64_t>(run.operations)},
          count_(Ways::choose(run.text("way"))) {}

    std::uint64_t repeat(meter& stopwatch) {
        require_equal(count_(job_, stopwatch), job_.increments, "increments that were counted");
        return job_.increments;
    }

private:
    counting job_;
    std::uint64_t (*count_)(const counting&, meter&);
};

template <class C>
struct ways_of {
    static auto choose(const std::string& way) {
        if (way == "mutex") {
            return count_by_mutex<counted_tasks<C>, typename C::mutex>;
        }
        if (way == "atomic") {
            return count_by_atomic<counted_tasks<C>>;
        }
        if (way == "channel") {
            return count_by_channel<C>;
        }
        if (way == "merge") {
            return count_by_merging<counted_tasks<C>>;
        }
        throw usage_error("way is mutex, atomic, channel or merge, not '" + way + "'");
    }
};

struct true_sharing_workload {
    static constexpr std::array<std::string_view, 2> parameters{"way", "tasks"};
    static constexpr workload_info info{.id = "sharing/true_sharing",
                                        .version = 1,
                                        .source = "suites/sharing/true_sharing.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels, capability::mutexes};
    template <class C>
    using body = true_sharing_of<ways_of<C>>;
};

}  // namespace suite::sharing
