// Backtraces of stacks that are not running.
//
// Problem. The stack of a parked goroutine can be walked from what the switch saved, but nothing
// keeps the goroutine parked meanwhile: another machine may resume it, it may end, its stack may
// become somebody else's or be given back. To keep all that from happening would need a lock on
// every park and wake.
//
// Rule. The walk takes nothing it reads for granted. It reads the stack's own slot only, whose
// address space stays for the whole run, guard left out; every frame must lie above the one before;
// what a frame looks like comes from the compilers' tables, which do not change. So a walk over a
// stack that goes on meanwhile gives wrong addresses, or stops, and nothing worse; whether it went
// on is for the caller to find out afterwards.
//
// Ways rejected: frame pointers, which the program's own functions seldom keep; libgcc's unwinder
// on a made-up context, which follows every pointer it finds; the same on a copy of the stack,
// where saved frame pointers still point into the original.
#pragma once

#include "fiber/peek.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace weft::fiber {

/// Where a walk ended.
enum class trace_end : std::uint8_t {
    entry,  // at the goroutine's first function: the trace is complete
    lost,   // at a function without a table, or at something that cannot be a frame
    full,   // there is more than fits
};

struct trace {
    std::size_t count = 0;
    trace_end end = trace_end::lost;
};

/// The return addresses of a stack that was switched away from, innermost first, the switch itself
/// left out. `stack_pointer` is the context's; it may be anything. x86-64 only: elsewhere the trace
/// is empty.
trace trace_parked(const void* stack_pointer, memory_range stack,
                   std::span<std::uintptr_t> addresses) noexcept;

/// The same of the caller's own stack, the caller's own frame first.
trace trace_here(std::span<std::uintptr_t> addresses) noexcept;

}  // namespace weft::fiber
