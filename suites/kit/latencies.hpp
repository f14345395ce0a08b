// Latencies of one repetition, kept one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "suites/kit/meter.hpp"

namespace suite {

/// A fixed number of samples at most, so that adding one is a store: the memory is touched before
/// the clock runs. Percentiles are exact, and not those of a histogram's buckets. Not thread-safe:
/// each task has its own, and `merge` puts them together afterwards.
class latencies {
public:
    explicit latencies(std::size_t samples_max);

    /// Beyond the maximum the sample is counted, and `report` complains.
    void add(std::int64_t ns) noexcept {
        if (count_ < samples_.size()) {
            samples_[count_] = ns;
        }
        ++count_;
    }
    void merge(const latencies& other);
    std::size_t count() const noexcept { return count_; }

    /// Names `<prefix>p50_ns`, `p99_ns`, `p999_ns` and `max_ns`; a percentile only where at least
    /// ten samples lie beyond it, since fewer say more about themselves than about the percentile.
    /// Throws wrong_result when there is no sample, or when one did not fit.
    void report(meter& stopwatch, std::string_view prefix = "");

private:
    std::vector<std::int64_t> samples_;
    std::size_t count_ = 0;
};

}  // namespace suite
