// SIGQUIT: what is everybody doing?
//
// Problem. A program that hangs is to say where, to whoever types Ctrl-\ at it. A signal's handler
// may hardly do anything, on a thread whose stack may be a goroutine's and in the middle of malloc.
//
// Rule. The handler raises a flag in the monitor and wakes it: two atomic operations and a futex
// call. The monitor, a thread with a stack of its own that waits for no goroutine, writes the
// report. The scheduler stays while the handler looks at it, as it does for a plain thread
// (foreign_use), so that a signal at the very end of a run finds either it or nothing.
//
// The handler is installed while a run is active, and only where the disposition is the default:
// who ignores the signal, or inherited that from nohup and its like, goes on ignoring it, and a
// handler of the program's own is not displaced. So is one that the program installs during the
// run: what is there at the end is put back only if it is still ours. (Go's runtime, which owns its
// process, takes the signal in any case; Go as a library in another program does not touch it.)
#pragma once

#include <csignal>

namespace weft::sched {

class scheduler;

/// What happens after the report: WEFT_SIGQUIT is "exit" (the default) or "continue". Throws
/// std::invalid_argument for anything else.
enum class after_quit { exit, go_on };
after_quit quit_setting();

/// Handles the signal for as long as it lives; one at a time.
class quit_handler {
public:
    quit_handler() noexcept;
    ~quit_handler();
    quit_handler(const quit_handler&) = delete;
    quit_handler& operator=(const quit_handler&) = delete;

private:
    struct sigaction before_ {};
    bool installed_ = false;
};

/// Writes the report to standard error, and ends the process with status 2 if it is to.
void answer_quit(scheduler& s, after_quit then) noexcept;

}  // namespace weft::sched
