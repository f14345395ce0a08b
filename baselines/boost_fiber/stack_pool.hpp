// Pooled stacks for fibers that are made on one thread and end on another.
#pragma once

#include <boost/context/stack_context.hpp>
#include <boost/context/stack_traits.hpp>
#include <cstddef>

namespace contender {

inline constexpr std::size_t stack_bytes = 64 * 1024;

/// A stack allocator as Boost.Context wants one. Its own pooled_fixedsize_stack may only be used
/// by one thread, and its fixedsize_stack asks malloc for each stack; this one keeps a cache for
/// each thread before a shared depot, as an expert user of work stealing would.
class pooled_stack {
public:
    using traits_type = boost::context::stack_traits;

    /// Throws std::bad_alloc when the system refuses memory.
    boost::context::stack_context allocate();
    void deallocate(boost::context::stack_context& stack) noexcept;
};

}  // namespace contender
