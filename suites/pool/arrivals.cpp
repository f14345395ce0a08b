#include "suites/pool/arrivals.hpp"

#include <cmath>

#include "suites/kit/mix.hpp"

namespace suite::pool {

arrivals::arrivals(std::size_t jobs, double mean_gap_ns) : after_(jobs), late_(0) {
    double at_ns = 0;
    for (std::size_t job = 0; job < jobs; ++job) {
        // 53 bits make a number above 0 and at most 1.
        const double uniform = static_cast<double>((mix(job) >> 11) + 1) * 0x1p-53;
        at_ns -= std::log(uniform) * mean_gap_ns;
        after_[job] = std::chrono::nanoseconds(std::llround(at_ns));
    }
}

void arrivals::begin() {
    late_ = latencies(after_.size());
    begin_ = clock::now();
}

}  // namespace suite::pool
