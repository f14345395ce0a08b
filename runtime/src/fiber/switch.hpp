// The switch: one stack stops, another goes on, on the same thread.
//
// Problem. A goroutine that parks must become visible to those who may wake it only after it has
// left its stack; otherwise another thread could resume it while it still runs. And a switched-away
// goroutine may go on on another thread, where the compiler's ideas of thread-local addresses are
// wrong.
//
// Rule. `switch_to` takes an action that runs on the destination's stack once the departing stack
// is complete: only there the departing one is published (a channel's lock released, a goroutine
// queued). The identity of the thread travels with the switch in `thread_state`, which the switch
// returns: the resumed side learns from it on which thread it is, and touches no thread-local
// variable to find out.
//
// What travels with a stack: the callee-saved registers, MXCSR and the x87 control word (by
// jump_fcontext), errno, and the C++ runtime's exception state (caught exceptions and the count of
// uncaught ones), which a goroutine that parks in a catch block or in a destructor during unwinding
// needs to find again on whatever thread it wakes.
#pragma once

#include "fiber/sanitizer.hpp"

#include <cstddef>

namespace weft::fiber {

/// The part of libstdc++'s and libc++abi's `__cxa_eh_globals` that they share with every C++
/// runtime of the Itanium ABI.
struct exception_state {
    void* caught = nullptr;
    unsigned int uncaught = 0;
};

/// The addresses of a thread's own variables, looked up once on that thread.
struct thread_state {
    exception_state* exceptions = nullptr;
    int* error_number = nullptr;
    void* owner = nullptr;  // the machine; the fiber layer does not look inside
};

/// Fills in the addresses of the calling thread.
void bind_to_this_thread(thread_state& state) noexcept;

struct context;

/// Where a fresh stack begins; never returns.
using entry = void (*)(context& self, thread_state& thread);

/// Something that can be switched to: a goroutine's stack or a thread's own.
struct context {
    void* stack_pointer = nullptr;  // valid while switched away
    entry start = nullptr;
    sanitizer_state sanitizer{};
};

/// Runs on the destination's stack once the departing stack is complete. Must neither throw nor
/// switch. `argument` is copied: the departing frame may be gone already when it runs.
struct departure_action {
    void (*run)(void* argument) = nullptr;
    void* argument = nullptr;
};

/// Makes `fresh` start at `start` when it is first switched to. `top` is the end of its memory,
/// `size` the bytes below `top` that it may use.
void prepare(context& fresh, void* top, std::size_t size, entry start) noexcept;

/// Leaves `from` for `to`, then runs `action` there. Returns when somebody switches back, and then
/// tells on which thread: another one than before, perhaps.
thread_state& switch_to(context& from, context& to, thread_state& thread,
                        departure_action action) noexcept;

}  // namespace weft::fiber
