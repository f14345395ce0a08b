// channel/fine_grain_sum: numbers are summed in batches, and each batch costs a channel operation.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"

namespace suite::channel {

/// The numbers lie in a table that a core's cache can hold; batches start further on each time.
class number_batches {
public:
    explicit number_batches(const settings& run)
        : numbers_(static_cast<std::uint64_t>(run.operations)),
          grain_(static_cast<std::uint64_t>(run.number("grain", 1))),
          table_(table_size) {
        if (grain_ > table_size) {
            throw usage_error("grain is at most " + std::to_string(table_size));
        }
        std::iota(table_.begin(), table_.end(), std::uint64_t{0});
    }

    std::uint64_t count() const { return (numbers_ + grain_ - 1) / grain_; }
    std::uint64_t numbers() const { return numbers_; }

    /// Not inlined: without a channel in between, the batches must not become one loop.
    [[gnu::noinline]] std::uint64_t sum(std::uint64_t batch) const {
        const auto first = table_.begin() + static_cast<std::ptrdiff_t>(begin(batch));
        return std::accumulate(first, first + static_cast<std::ptrdiff_t>(length(batch)),
                               std::uint64_t{0});
    }

    /// The sum of all batches by the formula: the table's entries are their own indices.
    std::uint64_t calculated() const {
        std::uint64_t total = 0;
        for (std::uint64_t batch = 0; batch < count(); ++batch) {
            total += length(batch) * begin(batch) + length(batch) * (length(batch) - 1) / 2;
        }
        return total;
    }

private:
    static constexpr std::uint64_t table_size = std::uint64_t{1} << 17;

    std::uint64_t begin(std::uint64_t batch) const {
        return batch * grain_ % (table_size - grain_ + 1);
    }
    std::uint64_t length(std::uint64_t batch) const {
        return std::min(grain_, numbers_ - batch * grain_);
    }

    std::uint64_t numbers_;
    std::uint64_t grain_;
    std::vector<std::uint64_t> table_;
};

/// `Form::sum(batches)` sums all batches, each by an operation of its own.
template <class Form>
class fine_grain_sum_of {
public:
    explicit fine_grain_sum_of(const settings& run)
        : batches_(run), wanted_(batches_.calculated()) {}

    std::uint64_t repeat(meter& stopwatch) {
        const double direct_ns = time_without_channel();
        stopwatch.start();
        const std::uint64_t sum = Form::sum(batches_);
        stopwatch.stop();
        stopwatch.figure("direct_ns", direct_ns / static_cast<double>(batches_.numbers()));
        stopwatch.figure("overhead", stopwatch.elapsed_ns() / direct_ns);
        require_equal(sum, wanted_, "sum of the numbers");
        return sum;
    }

private:
    double time_without_channel() const {
        const auto begin = std::chrono::steady_clock::now();
        std::uint64_t sum = 0;
        for (std::uint64_t batch = 0; batch < batches_.count(); ++batch) {
            sum += batches_.sum(batch);
        }
        const auto end = std::chrono::steady_clock::now();
        require_equal(sum, wanted_, "sum of the numbers without a channel");
        return std::chrono::duration<double, std::nano>(end - begin).count();
    }

    number_batches batches_;
    std::uint64_t wanted_;
};

/// One task sends the batches' numbers, the root sums what it is sent.
template <class C>
requires has_tasks<C> && has_channels<C>
struct sum_over_channel {
    static std::uint64_t sum(const number_batches& batches) {
        auto channel = C::template make_channel<std::uint64_t>(0);
        C::spawn([channel, count = batches.count()]() mutable {
            for (std::uint64_t batch = 0; batch < count; ++batch) {
                channel.send(batch);
            }
            channel.close();
        });
        std::uint64_t sum = 0;
        while (const auto batch = channel.recv()) {
            sum += batches.sum(*batch);
        }
        return sum;
    }
};

struct fine_grain_sum_workload {
    static constexpr std::array<std::string_view, 1> parameters{"grain"};
    static constexpr workload_info info{.id = "channel/fine_grain_sum",
                                        .version = 1,
                                        .source = "suites/channel/fine_grain_sum.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = fine_grain_sum_of<sum_over_channel<C>>;
};

}  // namespace suite::channel
