// What runs on a goroutine's stack, and how a party waits and goes on.
//
// A party is a goroutine, or a thread of the program that blocks in the runtime; the latter is
// represented by a descriptor of its own that is in no run queue.
#pragma once

#include "sched/scheduler.hpp"

namespace weft::sched {

/// Where every goroutine stack starts: runs its occupant, then the next goroutine that has no stack
/// yet, without a switch, as long as there is one; else gives the stack back.
void run_stack(fiber::context& self, fiber::thread_state& thread);

/// The party that calls. On a plain thread inside `run` its descriptor is made at first use. Throws
/// std::logic_error outside `run`.
goroutine& this_party();

/// As `this_party` on a plain thread.
goroutine& this_foreign_party();

/// As `this_party` for a caller that has found its machine, null on a plain thread.
inline goroutine& party_on(machine* m) {
    return m != nullptr ? *m->current : this_foreign_party();
}

/// A plain thread that starts or wakes a goroutine takes part in the run from then on: while it is
/// active, there is no deadlock.
void count_plain_thread() noexcept;

/// The party waits until `detail::ready` is called on it. `publish` makes it known to those who may
/// do that; it runs once the party's stack is complete, and must not fail.
void park(goroutine& party, detail::wait_reason reason, fiber::departure_action publish) noexcept;
void park(machine* m, goroutine& party, detail::wait_reason reason,
          fiber::departure_action publish) noexcept;

}  // namespace weft::sched
