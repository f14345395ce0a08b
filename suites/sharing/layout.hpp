// sharing/layout: two workloads of other suites, done by builds of one runtime that differ in how
// far apart the runtime keeps what its workers write.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "suites/channel/throughput.hpp"
#include "suites/kit/workload.hpp"
#include "suites/spawn/batch.hpp"

namespace suite::sharing {

template <class C>
requires has_tasks<C> && has_channels<C>
class layout {
public:
    explicit layout(const settings& run) {
        const std::string& job = run.text("job");
        if (job == "batch") {
            batch_.emplace(with(
                run, {{"tasks", "100000"}, {"captured_bytes", "0"}, {"stack_touched_bytes", "0"}}));
        } else if (job == "throughput") {
            throughput_.emplace(with(run, {{"producers", "4"},
                                           {"consumers", "4"},
                                           {"capacity", "128"},
                                           {"message_bytes", "8"},
                                           {"work_ns", "0"}}));
        } else {
            throw usage_error("job is batch or throughput");
        }
    }

    std::uint64_t repeat(meter& stopwatch) {
        return batch_ ? batch_->repeat(stopwatch) : throughput_->repeat(stopwatch);
    }

private:
    static settings with(settings run, decltype(settings::parameters) parameters) {
        run.parameters = std::move(parameters);
        return run;
    }

    std::optional<spawn::batch_of<spawn::counted_batch<C>>> batch_;
    std::optional<channel::throughput<C>> throughput_;
};

struct layout_workload {
    static constexpr std::array<std::string_view, 1> parameters{"job"};
    static constexpr workload_info info{.id = "sharing/layout",
                                        .version = 1,
                                        .source = "suites/sharing/layout.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::paddings, capability::tasks,
                                      capability::channels};
    template <class C>
    using body = layout<C>;
};

}  // namespace suite::sharing
