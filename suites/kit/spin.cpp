#include "suites/kit/spin.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace suite {
namespace {

std::uint64_t work(std::uint64_t value, std::uint64_t steps) {
    for (std::uint64_t step = 0; step < steps; ++step) {
        value = value * 6364136223846793005U + 1442695040888963407U;
        asm volatile("" : "+r"(value));
    }
    return value;
}

// The fastest of several tries: whatever disturbs a try makes it slower.
double ns_per_step() {
    constexpr int tries = 15;
    constexpr std::uint64_t steps = 200'000;
    double best = INFINITY;
    for (int attempt = 0; attempt < tries; ++attempt) {
        const auto begin = std::chrono::steady_clock::now();
        work(1, steps);
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - begin;
        best = std::min(best, took.count() / static_cast<double>(steps));
    }
    return best;
}

}  // namespace

spin::spin(double grain_ns) {
    static const double step_ns = ns_per_step();
    steps_ = static_cast<std::uint64_t>(std::llround(grain_ns / step_ns));
}

std::uint64_t spin::operator()(std::uint64_t seed) const {
    return work(seed, steps_);
}

}  // namespace suite
