// Reading what another thread may be writing.
#pragma once

#include "fiber/sanitizer.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace weft::fiber {

/// The bytes from `low` up to `high`, all of which can be read.
struct memory_range {
    std::uintptr_t low = 0;
    std::uintptr_t high = 0;

    bool holds(std::uintptr_t address, std::size_t bytes) const noexcept {
        return address >= low && address < high && high - address >= bytes;
    }
};

/// A copy of `object` as it stands, word by word; hidden from the sanitizers, to which a stack's
/// red zones and a value that changes meanwhile are mistakes. Here they are known: who looks at a
/// program that goes on must do without locks on the paths it looks at. The caller finds out
/// whether the copy is of any use, and never follows a pointer from it without having checked it.
template <class T>
[[gnu::noinline, WEFT_UNSANITIZED]] T peek(const T& object) noexcept {
    struct alone {
        T value;
    };
    constexpr std::size_t bytes = sizeof(alone);
    using word = std::conditional_t<bytes == 1, unsigned char, std::uintptr_t>;
    static_assert(std::is_trivially_copyable_v<T> && bytes % sizeof(word) == 0);
    std::array<word, bytes / sizeof(word)> words;
    const auto* from = reinterpret_cast<const volatile word*>(&object);
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = from[i];
    }
    return std::bit_cast<T>(words);
}

}  // namespace weft::fiber
