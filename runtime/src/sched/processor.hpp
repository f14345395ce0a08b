// A processor and a machine.
#pragma once

#include "fiber/stack_pool.hpp"
#include "platform/futex.hpp"
#include "platform/random.hpp"
#include "platform/thread.hpp"
#include "sched/counter.hpp"
#include "sched/goroutine_pool.hpp"
#include "sched/next_slot.hpp"
#include "sched/presence.hpp"
#include "sched/run_queue.hpp"
#include "sched/timers.hpp"

#include <cstdint>

namespace weft::sched {

class scheduler;
class trace_track;

/// The right to run goroutines, with what one needs for it. Held by one machine at a time, or idle.
struct alignas(platform::false_sharing_range) processor {
    // Written by the holder alone.
    std::uint32_t index = 0;
    std::uint32_t seen_arrivals = 0;  // of scheduler::arrivals_
    std::uint64_t next_id = 0;
    std::uint64_t id_end = 0;
    fiber::stack* stacks = nullptr;
    int stacks_count = 0;
    descriptor_stock descriptors;
    trace_track* track = nullptr;  // null: the run is not traced. Constant
    counters count;
    /// Scheduling decisions; read by the monitor and by thieves.
    platform::atomic<std::uint32_t> progress{0};
    /// Who held it last, perhaps still.
    platform::atomic<struct machine*> holder{nullptr};

    // Shared.
    next_slot next;
    /// Set by others: the holder must go through the machine's loop at its next decision.
    platform::atomic<bool> attention{false};
    run_queue queue;
    timer_heap timers;

    // Guarded by the scheduler's lock.
    processor* next_idle = nullptr;
    bool starts_spinning = false;  // what the machine that the monitor starts for it begins with
};

/// An operating-system thread that runs goroutines while it holds a processor.
struct alignas(platform::false_sharing_range) machine {
    sched::scheduler* owner = nullptr;
    fiber::context native;  // the thread's own stack, where the machine's loop runs
    fiber::thread_state thread;
    sched::presence presence;
    processor* held = nullptr;  // see presence.hpp; changed by `set_held` and on the way out
    goroutine* current = nullptr;
    platform::random random;
    goroutine* locked = nullptr;  // runs this one and no other
    bool ends = false;            // the thread ends at its next decision
    /// To a goroutine that is, or was, locked to it.
    bool is_bound() const noexcept { return locked != nullptr || ends; }
    bool spinning = false;            // counted in scheduler::spinning_
    processor* released = nullptr;    // the one it was without last: given up, or taken
    const void* seen_next = nullptr;  // a victim's next slot when it was last looked at, and
    std::uint32_t seen_progress = 0;  // how far the victim was

    /// A processor given while this machine slept; written under the scheduler's lock.
    processor* handed = nullptr;
    machine* next_idle = nullptr;  // guarded by the scheduler's lock, as is
    bool away = false;             // runs a goroutine without a processor
    bool aside = false;            // sleeps where only a claim finds it
    bool ended = false;
    platform::event wake;
    platform::thread os_thread;
    bool started = false;  // the thread exists; final once nothing is being started
    std::uint32_t index = 0;
    bool off_processor = false;    // in the trace: a slice of its own track is open
    bool track_described = false;  // in the trace: that track has a name
};

/// The machine that the calling thread is; null on a thread of the program. Not to be kept over a
/// switch.
inline machine* current_machine() noexcept {
    return static_cast<machine*>(platform::thread_word());
}

}  // namespace weft::sched
