// goexit: a goroutine ends from within.
//
// Problem. Every destructor on the stack must run, and `catch (...)` handlers too, but none may
// keep the goroutine alive; and a goroutine that ends in the usual way must not pay for it.
//
// Rule. A forced unwind, as pthread_exit does one: the stack is unwound frame by frame up to the
// one that called the goroutine's function, which catches what comes. Only a handler for everything
// catches it on the way, as a foreign exception. When such a handler rethrows, the unwinder goes on
// by itself. When it ends in another way, the C++ runtime deletes the exception; what deletes it
// starts the unwind anew from there, that is from within the handler's frame.
//
// Why it is right. std::current_exception does not give foreign exceptions out, so that no handler
// can keep it from being deleted. A frame that is noexcept ends the process, by the rules of the
// ABI. A handler that ends by throwing something else deletes the exception while that is in
// flight: the unwind cannot be started then, and goexit gives way, as to a panic in Go: what was
// thrown ends the process, unless somebody further out catches it.
//
// A foreign exception can only be caught where no exception of C++ is being handled further out, or
// the C++ runtime ends the process. So those that are being handled when goexit is called are set
// aside, and destroyed when the unwind is over. Ending their handlers on the way finds nothing to
// be done.
//
// The exception's memory must outlive the frames: it is in the goroutine's extension.
//
// Rejected: throwing an exception of a private type, which handlers swallow, and exception pointers
// keep. Leaving by longjmp, which needs a setjmp for every goroutine.
#pragma once

#include <unwind.h>

namespace weft::detail {
struct goroutine;
}

namespace weft::sched {

struct forced_exit {
    _Unwind_Exception exception{};  // the first member: the unwinder knows only this
    bool under_way = false;
    unsigned int uncaught = 0;  // exceptions in flight when it began
    void* caught = nullptr;     // set aside
};

/// For the handler around a goroutine's function: whether what it caught is the unwind, which is
/// over then.
bool catch_exit(detail::goroutine& g) noexcept;

/// When that handler has ended: destroys what was set aside.
void end_exit(forced_exit& of) noexcept;

}  // namespace weft::sched
