#include "suites/kit/latencies.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "suites/kit/errors.hpp"

namespace suite {
namespace {

constexpr std::size_t samples_beyond_min = 10;

struct percentile {
    std::string_view name;
    std::size_t beyond_in;  // one sample in so many lies beyond it
};

constexpr std::array percentiles{percentile{"p50_ns", 2}, percentile{"p99_ns", 100},
                                 percentile{"p999_ns", 1000}};

}  // namespace

latencies::latencies(std::size_t samples_max) : samples_(samples_max) {}

void latencies::merge(const latencies& other) {
    if (other.count_ > other.samples_.size() || count_ > samples_.size()) {
        throw wrong_result("more latencies were measured than there was room for");
    }
    samples_.resize(count_);
    samples_.insert(samples_.end(), other.samples_.begin(),
                    other.samples_.begin() + static_cast<std::ptrdiff_t>(other.count_));
    count_ = samples_.size();
}

void latencies::report(meter& stopwatch, std::string_view prefix) {
    if (count_ == 0 || count_ > samples_.size()) {
        throw wrong_result(count_ == 0 ? "no latency was measured"
                                       : "more latencies were measured than there was room for");
    }
    const auto end = samples_.begin() + static_cast<std::ptrdiff_t>(count_);
    std::sort(samples_.begin(), end);
    const auto figure = [&](std::string_view name, std::int64_t ns) {
        stopwatch.figure(std::string(prefix) + std::string(name), static_cast<double>(ns));
    };
    for (const percentile& each : percentiles) {
        const std::size_t beyond = count_ / each.beyond_in;
        if (beyond >= samples_beyond_min) {
            figure(each.name, samples_[count_ - 1 - beyond]);
        }
    }
    figure("max_ns", samples_[count_ - 1]);
}

}  // namespace suite
