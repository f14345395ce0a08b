// A trace: what every processor did when, written while it happens, for the Perfetto UI.
//
// A track for each processor, "P0" and so on, has a slice for each time that a goroutine ran on it.
// Arrows go from where a goroutine was spawned or made ready to the slice in which it went on. The
// track "T3 off processor" of a machine shows what ran on it while it was without a processor: a
// blocking call, or a goroutine whose processor was taken. "elsewhere" has what threads of the
// program and machines without a goroutine make ready. Two counters are sampled: the goroutines
// that exist, and those that wait for a processor.
//
// Who holds a processor writes to its track, with no lock (trace_ring.hpp). What happens without
// one, which is rarer, goes to a track that has a lock. A thread writes what there is to the file
// at each of its rounds, so that a process that is killed leaves a trace which lacks its last
// round. (Not the monitor: a disk that is slow would keep it from its work.)
//
// A goroutine has at most one arrow under way, whose id is derived from its own: the arrow ends
// with the slice it leads to, and then the id may begin another. `traced_wake` tells the slice.
#pragma once

#include "platform/futex.hpp"
#include "platform/thread.hpp"
#include "sched/trace_packet.hpp"
#include "sched/trace_ring.hpp"

#include <weft/detail/goroutine.hpp>
#include <weft/detail/spin_lock.hpp>

#include <cstdint>
#include <mutex>
#include <string>

namespace weft::sched {

using detail::goroutine;
class scheduler;
class tracer;
struct machine;
struct processor;

/// Where packets of one sequence go. One thread at a time writes.
class trace_track {
public:
    trace_track(tracer& owner, std::uint32_t sequence) noexcept
        : sequence(sequence), owner_(owner) {}
    void write(trace_packet& packet) noexcept;
    tracer& owner() const noexcept { return owner_; }

    const std::uint32_t sequence;
    bool in_slice = false;  // the writer's: a goroutine's slice is open

private:
    friend class tracer;
    tracer& owner_;
    trace_track* next_ = nullptr;
    trace_ring ring_;
};

class tracer {
public:
    /// Creates or empties the file; throws std::system_error when it cannot be written.
    explicit tracer(const std::string& path);
    /// Completes the file; says on standard error if that could not be done.
    ~tracer();
    tracer(const tracer&) = delete;
    tracer& operator=(const tracer&) = delete;

    /// Starts the thread; throws resource_error when there is none to be had. `watched` outlives
    /// the tracer.
    void start(const scheduler& watched);
    /// The track of a processor, made when it is first asked for. Throws std::bad_alloc. By one
    /// thread at a time.
    trace_track& track_of_processor(std::uint32_t index);
    /// The process ends now: writes what there is, unless the file's lock is not to be had. Async-
    /// signal-safe.
    void flush_at_exit() noexcept;

    /// Calls `write(trace_track&)` with the track of what happens without a processor.
    template <class Write>
    void elsewhere(Write write) noexcept {
        const std::lock_guard hold(elsewhere_lock_);
        write(elsewhere_);
    }

    std::uint64_t uuid_of_process() const noexcept { return uuid_; }
    std::uint64_t uuid_of_machine(std::uint32_t index) const noexcept {
        return uuid_ + (std::uint64_t{2} << 32) + index;
    }
    std::uint64_t arrow_to(const goroutine& g) const noexcept { return uuid_ + g.id; }

private:
    friend class trace_track;
    static void entry(void* self);
    void loop() noexcept;
    void sample() noexcept;
    /// Writes what stands in the track's ring, so that there is room.
    void drain(trace_track& track) noexcept;
    void drain_all() noexcept;
    void drain_locked(trace_track& track) noexcept;
    void say_if_incomplete() const noexcept;

    const std::string path_;
    const std::uint64_t uuid_;  // the process's; the tracks' are beside it
    const scheduler* watched_ = nullptr;
    static constexpr std::uint64_t not_counted = ~std::uint64_t{0};
    std::uint64_t live_seen_ = not_counted;  // what was written last
    std::uint64_t runnable_seen_ = not_counted;

    detail::spin_lock elsewhere_lock_;  // guards
    trace_track elsewhere_;
    platform::atomic<trace_track*> processors_{nullptr};  // newest first; none is ever removed

    // Held while the file is written, which may take long: those who wait for it sleep.
    detail::spin_lock file_lock_;  // guards what follows
    int file_;
    int error_ = 0;  // why the trace ends before the run

    platform::thread thread_;
    bool started_ = false;
    platform::event wake_;
    platform::atomic<bool> ending_{false};
};

// What happens, in the terms of the scheduler. Where the caller tests for a track, a run without a
// trace jumps over one call.

/// The machine holds a processor; its goroutine, if there is one, makes way for `next`, if any.
[[gnu::cold]] void trace_switch(const machine& m, goroutine* next) noexcept;
/// A goroutine has ended on the processor; `next`, if any, takes its place without a switch.
[[gnu::cold]] void trace_end(const processor& p, goroutine* next) noexcept;
/// Who holds the processor is about to make `g` ready, or has just filled it in.
[[gnu::cold]] void trace_ready(const processor& p, goroutine& g) noexcept;
/// The same for a machine without a processor, or a thread of the program (null).
[[gnu::cold]] void trace_ready_elsewhere(tracer& to, const machine* m, goroutine& g) noexcept;
[[gnu::cold]] void trace_steal(const processor& mine, const processor& victim,
                               const goroutine& g) noexcept;
/// The machine, which is kept out of the runtime, loses its processor.
[[gnu::cold]] void trace_retake(const processor& p, machine& m) noexcept;
/// The machine's goroutine begins a blocking call, with a processor or already without.
[[gnu::cold]] void trace_blocking(tracer& to, machine& m) noexcept;
/// The machine has got a processor back, and goes on with the same goroutine.
[[gnu::cold]] void trace_back(machine& m) noexcept;
/// The goroutine that ran without a processor leaves the machine.
[[gnu::cold]] void trace_off_processor_end(machine& m) noexcept;

/// The process is about to end without the end of the run: completes the trace, if there is one.
/// Async-signal-safe.
void flush_trace_at_exit() noexcept;

}  // namespace weft::sched
