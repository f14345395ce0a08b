// pool/oversubscribed: the same work done by as many tasks as workers, or by very many.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/counted_tasks.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/workload.hpp"
#include "suites/pool/jobs.hpp"

namespace suite::pool {

/// A task does its share of the units one after the other, without a scheduling point.
template <class Tasks>
class oversubscribed_of {
public:
    explicit oversubscribed_of(const settings& run)
        : workers_(run.workers),
          tasks_(static_cast<std::size_t>(run.number("tasks", 1))),
          units_(static_cast<std::uint64_t>(run.operations)),
          unit_(unit_ns) {}

    std::uint64_t repeat(meter& stopwatch) {
        std::vector<std::uint64_t> done(tasks_);
        stopwatch.start();
        Tasks::for_each(tasks_, [&](std::size_t task) {
            std::uint64_t own = 0;
            for (const std::uint64_t share = share_of(units_, tasks_, task); own < share; ++own) {
                do_work(unit_, own);
            }
            done[task] += own;
        });
        stopwatch.stop();
        for (std::size_t task = 0; task < tasks_; ++task) {
            require_equal(done[task], share_of(units_, tasks_, task), "units that a task did");
        }
        report_work(stopwatch, static_cast<double>(units_) * unit_ns, units_, workers_);
        return units_;
    }

private:
    static constexpr double unit_ns = 1'000;

    int workers_;
    std::size_t tasks_;
    std::uint64_t units_;
    spin unit_;
};

struct oversubscribed_workload {
    static constexpr std::array<std::string_view, 1> parameters{"tasks"};
    static constexpr workload_info info{.id = "pool/oversubscribed",
                                        .version = 1,
                                        .source = "suites/pool/oversubscribed.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks};
    template <class C>
    using body = oversubscribed_of<counted_tasks<C>>;
};

}  // namespace suite::pool
