// pool/mutex: many tasks take one mutex for a short while each.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "suites/kit/check.hpp"
#include "suites/kit/counted_tasks.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/workload.hpp"
#include "suites/pool/jobs.hpp"

namespace suite::pool {

/// A count that is read where a section begins and written where it ends, so that sections which
/// overlap lose some of it. Atomic for those alone; the accesses are plain loads and stores.
class guarded_count {
public:
    void add_one(const spin& work) {
        const std::uint64_t seen = count_.load(std::memory_order_relaxed);
        do_work(work, seen);
        count_.store(seen + 1, std::memory_order_relaxed);
    }
    std::uint64_t value() const { return count_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> count_{0};
};

template <class Tasks, class Mutex>
class mutex_of {
public:
    explicit mutex_of(const settings& run)
        : tasks_(static_cast<std::size_t>(run.number("tasks", 1))),
          sections_(static_cast<std::uint64_t>(run.operations)),
          work_(static_cast<double>(run.number("section_ns"))) {}

    std::uint64_t repeat(meter& stopwatch) {
        Mutex mutex;
        guarded_count count;
        const auto enter_often = [&](std::size_t task) {
            for (auto left = share_of(sections_, tasks_, task); left > 0; --left) {
                mutex.lock();
                count.add_one(work_);
                mutex.unlock();
            }
        };
        Tasks::run_together(tasks_, stopwatch, enter_often, [] {});
        require_equal(count.value(), sections_, "sections counted under the mutex");
        return sections_;
    }

private:
    std::size_t tasks_;
    std::uint64_t sections_;
    spin work_;
};

struct mutex_workload {
    static constexpr std::array<std::string_view, 2> parameters{"tasks", "section_ns"};
    static constexpr workload_info info{.id = "pool/mutex",
                                        .version = 1,
                                        .source = "suites/pool/mutex.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::mutexes};
    template <class C>
    using body = mutex_of<counted_tasks<C>, typename C::mutex>;
};

}  // namespace suite::pool
