// Which bubble the caller is in; see testing.hpp.
#pragma once

#include <weft/detail/atomic.hpp>

#include <chrono>
#include <cstdint>

namespace weft::detail {

/// A bubble's number, never given twice. An object keeps the number of the bubble in which it was
/// made, and not a pointer: it may be there for longer.
using bubble_id = std::uint32_t;
inline constexpr bubble_id no_bubble = 0;

/// Bubbles that exist. Who is in one sees that there is one: it was counted before its goroutines
/// were started, and exists for as long as they do. So where there are none, which is nearly
/// always, one load of a word that nobody writes says that the caller is in none.
extern platform::atomic<std::uint32_t> bubble_count;

inline bool bubbles_exist() noexcept {
    return bubble_count.load(platform::memory_order_relaxed) != 0;
}

bubble_id find_bubble_of_caller() noexcept;
std::chrono::steady_clock::time_point find_time_of_caller() noexcept;

inline bubble_id bubble_of_caller() noexcept {
    return bubbles_exist() ? find_bubble_of_caller() : no_bubble;
}

}  // namespace weft::detail
