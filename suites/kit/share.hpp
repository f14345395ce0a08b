// Splitting a count of operations over tasks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace suite {

/// The part of `total` that falls to one of `parts`: all parts add up to the total, and none is
/// more than one larger than another.
inline std::uint64_t share_of(std::uint64_t total, std::size_t parts, std::size_t index) {
    return total / parts + (index < total % parts ? 1 : 0);
}

}  // namespace suite
