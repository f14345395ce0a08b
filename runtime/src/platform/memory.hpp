// Address space, guards, and memory given back.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::platform {

inline constexpr std::size_t page_size = 4096;  // the smallest; larger pages are multiples of it

/// The system's page size.
std::size_t system_page_size() noexcept;
/// Reserves address space that becomes memory when touched, in small pages only; null when refused.
char* reserve(std::size_t bytes) noexcept;
/// Releases what `reserve` gave.
void unreserve(char* memory, std::size_t bytes) noexcept;
/// Makes the range fault when touched, without a mapping of its own; false when the kernel cannot.
bool guard_by_madvise(char* memory, std::size_t bytes) noexcept;
/// Makes the range fault when touched, at the price of up to two mappings; false when refused.
bool guard_by_mprotect(char* memory, std::size_t bytes) noexcept;
/// Returns the range's memory to the system; it reads as zero afterwards. Guards stay.
void discard(char* memory, std::size_t bytes) noexcept;
/// The kernel's limit on mappings of one process.
std::uint64_t mappings_max() noexcept;

}  // namespace weft::platform
