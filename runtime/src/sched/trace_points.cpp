// What happens in the scheduler, in the terms of the trace.
#include "platform/clock.hpp"
#include "sched/scheduler.hpp"
#include "sched/trace.hpp"
#include "sched/trace_event.hpp"

namespace weft::sched {

namespace {

using detail::goroutine_state;
using detail::wait_reason;
using type = trace_event_type;

void begin_slice(trace_track& track, goroutine& g, std::int64_t now) noexcept {
    trace_event event(track, type::slice_begin, now);
    event.called(g);
    if (g.traced_wake) {
        event.arrow_ends(g);
        g.traced_wake = false;
    }
    track.in_slice = true;
}

template <class Reason>
void end_slice(trace_track& track, Reason reason, std::int64_t now) noexcept {
    trace_event(track, type::slice_end, now).note(trace_key::stopped_by, reason);
    track.in_slice = false;
}

void mark(trace_track& track, trace_name name, const goroutine& g) noexcept {
    trace_event(track, type::instant).called(name).note(trace_key::goroutine, g.id);
}

/// A descriptor that is filled in is free until the goroutine is queued for the first time.
trace_name name_of_wake(const goroutine& g) noexcept {
    const bool fresh = g.state.load(platform::memory_order_relaxed) == goroutine_state::free;
    return fresh ? trace_name::spawn : trace_name::wake;
}

/// The slice of a machine's track. `m` runs it, or is kept out of the runtime.
template <class Reason>
void begin_off_processor(tracer& to, machine& m, Reason why) noexcept {
    to.elsewhere([&](trace_track& track) {
        const std::uint64_t uuid = to.uuid_of_machine(m.index);
        if (!m.track_described) {
            describe_trace_machine(track, uuid, m.index);
            m.track_described = true;
        }
        trace_event(track, type::slice_begin).on(uuid).called(*m.current).note(trace_key::why, why);
    });
    m.off_processor = true;
}

void end_off_processor(tracer& to, machine& m) noexcept {
    to.elsewhere([&](trace_track& track) {
        trace_event(track, type::slice_end).on(to.uuid_of_machine(m.index));
    });
    m.off_processor = false;
}

}  // namespace

void trace_switch(const machine& m, goroutine* next) noexcept {
    trace_track& track = *m.held->track;
    const std::int64_t now = platform::now_ns();  // read once: it is what costs most here
    if (track.in_slice) {
        const goroutine& g = *m.current;
        if (g.state.load(platform::memory_order_relaxed) == goroutine_state::waiting) {
            end_slice(track, g.reason.load(platform::memory_order_relaxed), now);
        } else {
            end_slice(track, trace_stop::yield, now);
        }
    }
    if (next != nullptr) {
        begin_slice(track, *next, now);
    }
}

void trace_end(const processor& p, goroutine* next) noexcept {
    const std::int64_t now = platform::now_ns();
    end_slice(*p.track, trace_stop::end, now);
    if (next != nullptr) {
        begin_slice(*p.track, *next, now);
    }
}

void trace_ready(const processor& p, goroutine& g) noexcept {
    g.traced_wake = true;
    trace_event(*p.track, type::instant)
        .called(name_of_wake(g))
        .note(trace_key::goroutine, g.id)
        .arrow_begins(g);
}

void trace_ready_elsewhere(tracer& to, const machine* m, goroutine& g) noexcept {
    g.traced_wake = true;
    to.elsewhere([&](trace_track& track) {
        trace_event event(track, type::instant);
        if (m != nullptr && m->off_processor) {
            event.on(to.uuid_of_machine(m->index));
        }
        event.called(name_of_wake(g)).note(trace_key::goroutine, g.id).arrow_begins(g);
    });
}

void trace_steal(const processor& mine, const processor& victim, const goroutine& g) noexcept {
    trace_event(*mine.track, type::instant)
        .called(trace_name::steal)
        .note(trace_key::goroutine, g.id)
        .note(trace_key::from_processor, victim.index);
}

void trace_retake(const processor& p, machine& m) noexcept {
    end_slice(*p.track, trace_stop::retaken, platform::now_ns());
    mark(*p.track, trace_name::retake, *m.current);
    begin_off_processor(p.track->owner(), m, trace_stop::retaken);
}

void trace_blocking(tracer& to, machine& m) noexcept {
    if (m.held != nullptr) {
        end_slice(*m.held->track, wait_reason::blocking_call, platform::now_ns());
        mark(*m.held->track, trace_name::hand_off, *m.current);
    } else if (m.off_processor) {
        end_off_processor(to, m);
    }
    begin_off_processor(to, m, wait_reason::blocking_call);
}

void trace_back(machine& m) noexcept {
    trace_track& track = *m.held->track;
    if (m.off_processor) {
        end_off_processor(track.owner(), m);
    }
    begin_slice(track, *m.current, platform::now_ns());
}

void trace_off_processor_end(machine& m) noexcept {
    end_off_processor(*m.owner->trace(), m);
}

}  // namespace weft::sched
