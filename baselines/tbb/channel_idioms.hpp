// What oneTBB has in place of channels: a pipeline of filters, and reduction over a range.
//
// Its tasks may not wait for each other, so nothing is handed over from task to task: a filter is
// called with what the one before it returned, and a sum is put together from those of its parts.
#pragma once

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/parallel_reduce.h>

#include <cstdint>
#include <functional>

#include "adapter.hpp"
#include "suites/channel/fine_grain_sum.hpp"
#include "suites/channel/pipeline.hpp"

namespace contender {

/// As many numbers under way as channels and stages would hold. A filter that squares keeps
/// nothing, so it may be called for several numbers at once; the last one gets them in order all
/// the same.
struct filters {
    static suite::channel::weighted_sum flow(const suite::channel::pipeline_shape& shape,
                                             suite::meter& stopwatch) {
        using oneapi::tbb::filter_mode;
        using oneapi::tbb::make_filter;
        stopwatch.effective("capacity", "none");
        suite::channel::weighted_sum all;
        std::uint64_t generated = 0;
        auto chain = make_filter<void, std::uint64_t>(
            filter_mode::serial_in_order, [&](oneapi::tbb::flow_control& control) -> std::uint64_t {
                if (generated == shape.numbers) {
                    control.stop();
                    return 0;
                }
                return ++generated + 1;
            });
        for (std::size_t stage = 2; stage < shape.stages; ++stage) {
            chain = chain & make_filter<std::uint64_t, std::uint64_t>(
                                filter_mode::parallel, [](std::uint64_t number) {
                                    return suite::channel::squared(number);
                                });
        }
        const auto whole = chain & make_filter<std::uint64_t, void>(
                                       filter_mode::serial_in_order,
                                       [&](std::uint64_t number) { all.take(number); });
        stopwatch.start();
        oneapi::tbb::parallel_pipeline(shape.stages * (shape.capacity + 1), whole);
        stopwatch.stop();
        return all;
    }
};

/// A task for each batch.
struct reduced_sum {
    static std::uint64_t sum(const suite::channel::number_batches& batches) {
        using range = oneapi::tbb::blocked_range<std::uint64_t>;
        return oneapi::tbb::parallel_reduce(
            range(0, batches.count(), 1), std::uint64_t{0},
            [&](const range& part, std::uint64_t sum) {
                for (std::uint64_t batch = part.begin(); batch < part.end(); ++batch) {
                    sum += batches.sum(batch);
                }
                return sum;
            },
            std::plus<>(), oneapi::tbb::simple_partitioner());
    }
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::tbb_tasks, channel::pipeline_workload> {
    using body = channel::pipeline_of<contender::filters>;
    static constexpr std::string_view source = "baselines/tbb/channel_idioms.hpp";
};

template <>
struct idiom<contender::tbb_tasks, channel::fine_grain_sum_workload> {
    using body = channel::fine_grain_sum_of<contender::reduced_sum>;
    static constexpr std::string_view source = "baselines/tbb/channel_idioms.hpp";
};

}  // namespace suite
