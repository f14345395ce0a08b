// Numbers that look random and are the same in every contender and language.
#pragma once

#include <cstdint>

namespace suite {

/// One step of splitmix64: neighbouring inputs give unrelated outputs.
inline std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

}  // namespace suite
