// Pseudo-random numbers for scheduling decisions.
#pragma once

#include <cstdint>

namespace weft::platform {

/// xorshift64*, from Vigna, "An experimental exploration of Marsaglia's xorshift generators,
/// scrambled". Not for secrets.
class random {
public:
    void seed(std::uint64_t value) noexcept { state_ = value * 0x9E3779B97F4A7C15 + 1; }
    std::uint32_t next() noexcept {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1D) >> 32);
    }
    /// Uniform in [0, bound), with a bias of at most bound / 2^32.
    std::uint32_t below(std::uint32_t bound) noexcept {
        return static_cast<std::uint32_t>((std::uint64_t{next()} * bound) >> 32);
    }

private:
    std::uint64_t state_ = 1;
};

}  // namespace weft::platform
