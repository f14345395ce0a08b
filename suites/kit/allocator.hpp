// Which allocator answers malloc in this process, and how to have another one in its place.
#pragma once

#include <string>
#include <string_view>

namespace suite {

/// The profile of every C++ contender that is its default one with `fast_allocator` for malloc.
inline constexpr std::string_view fast_allocator = "jemalloc";

/// The allocator that this program has unless it is given another one.
std::string usual_allocator();

/// The allocator that malloc really is: asked of the dynamic linker, not of what was wished for.
std::string allocator_in_use();

/// The file of `fast_allocator`; empty where the system has none.
std::string fast_allocator_library();

}  // namespace suite
