// sharing/false_sharing: each task increments a counter of its own, which neighbours others'
// closely or not.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/counted_tasks.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/workload.hpp"

namespace suite::sharing {

/// Counters at a stride in one block that starts on a boundary of 128 bytes, the larger of a
/// cache line and of what the adjacent-line prefetcher takes at once.
class strided_counters {
public:
    strided_counters(std::size_t counters, std::size_t stride)
        : stride_(stride), block_((counters * stride + alignof(line) - 1) / alignof(line)) {}

    std::uint64_t& operator[](std::size_t index) {
        return block_[index * stride_ / sizeof(line)]
            .words[index * stride_ % sizeof(line) / sizeof(std::uint64_t)];
    }

private:
    struct alignas(128) line {
        std::array<std::uint64_t, 16> words{};
    };

    std::size_t stride_;
    std::vector<line> block_;
};

/// Increments in memory each time: relaxed accesses of an atomic are a plain load and store, and
/// the compiler does not merge them.
inline void increment(std::uint64_t& counter, std::uint64_t times) {
    const std::atomic_ref<std::uint64_t> word(counter);
    for (std::uint64_t time = 0; time < times; ++time) {
        word.store(word.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
}

/// The stride that a run asks for, in bytes.
inline std::size_t stride_of(const settings& run) {
    const auto stride = static_cast<std::size_t>(run.number("stride", sizeof(std::uint64_t)));
    if (stride % sizeof(std::uint64_t) != 0) {
        throw usage_error("stride is a multiple of 8 bytes");
    }
    return stride;
}

/// Tasks that each have a counter and a share of the increments. `Load::count(counter, times)` is
/// what a task does; `Load::tasks_for(workers)` how many there are.
template <class Tasks, class Load>
class own_counters_of {
public:
    explicit own_counters_of(const settings& run)
        : tasks_(Load::tasks_for(static_cast<std::size_t>(run.workers))),
          increments_(static_cast<std::uint64_t>(run.operations)),
          stride_(stride_of(run)) {}

    std::uint64_t repeat(meter& stopwatch) {
        strided_counters counters(tasks_, stride_);
        stopwatch.start();
        Tasks::for_each(tasks_,
                        [&](std::size_t task) { return Load::count(counters[task], share(task)); });
        stopwatch.stop();
        for (std::size_t task = 0; task < tasks_; ++task) {
            require_equal(counters[task], share(task), "a task's counter");
        }
        return increments_;
    }

private:
    std::uint64_t share(std::size_t task) const { return share_of(increments_, tasks_, task); }

    std::size_t tasks_;
    std::uint64_t increments_;
    std::size_t stride_;
};

struct uninterrupted {
    static std::size_t tasks_for(std::size_t workers) { return workers; }
    static void count(std::uint64_t& counter, std::uint64_t times) { increment(counter, times); }
};

template <class Tasks>
using false_sharing_of = own_counters_of<Tasks, uninterrupted>;

struct false_sharing_workload {
    static constexpr std::array<std::string_view, 1> parameters{"stride"};
    static constexpr workload_info info{.id = "sharing/false_sharing",
                                        .version = 1,
                                        .source = "suites/sharing/false_sharing.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks};
    template <class C>
    using body = false_sharing_of<counted_tasks<C>>;
};

}  // namespace suite::sharing
