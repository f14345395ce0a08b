// One event of a trace: how it is put into words and packets.
#pragma once

#include "sched/trace.hpp"

#include <weft/detail/goroutine.hpp>

#include <cstdint>
#include <string_view>

namespace weft::sched {

enum class trace_event_type : std::uint8_t { slice_begin = 1, slice_end, instant, counter };
/// Of instants; each stands in the trace once.
enum class trace_name : std::uint8_t { spawn = 1, wake, steal, retake, hand_off };
enum class trace_key : std::uint8_t { goroutine = 1, stopped_by, started_at, from_processor, why };
/// Why a goroutine stopped: a wait's reason, or one of these.
enum class trace_stop : std::uint8_t { yield = 64, retaken, end };

/// Is written when it is destroyed. The track's writer makes it.
class trace_event {
public:
    /// Now, or at a time that was now a moment ago, on the clock of `platform::now_ns`.
    trace_event(trace_track& track, trace_event_type type) noexcept;
    trace_event(trace_track& track, trace_event_type type, std::int64_t time_ns) noexcept;
    ~trace_event();
    trace_event(const trace_event&) = delete;
    trace_event& operator=(const trace_event&) = delete;

    /// On another track than the sequence's own.
    trace_event& on(std::uint64_t track_uuid) noexcept;
    trace_event& called(trace_name name) noexcept;
    /// By its name, or as "G7 file:line"; says which goroutine it is in any case.
    trace_event& called(const goroutine& g) noexcept;
    trace_event& counted(std::uint64_t value) noexcept;
    trace_event& arrow_begins(const goroutine& g) noexcept;
    trace_event& arrow_ends(const goroutine& g) noexcept;
    trace_event& note(trace_key key, std::uint64_t value) noexcept;
    trace_event& note(trace_key key, detail::wait_reason value) noexcept;
    trace_event& note(trace_key key, trace_stop value) noexcept;

private:
    std::size_t begin_note(trace_key key) noexcept;
    void note_text(trace_key key, std::uint64_t iid) noexcept;

    trace_track& track_;
    trace_packet packet_;
    std::size_t event_;
};

/// Begins a track's sequence of packets: its clock, the track that its events are on, and the texts
/// that they refer to.
void begin_trace_sequence(trace_track& track, std::uint64_t track_uuid) noexcept;
/// The process, and how its clocks stand.
void describe_trace_process(trace_track& track, std::uint64_t uuid) noexcept;
/// A track of the process. They stand in the order of `rank`.
void describe_trace_track(trace_track& track, std::uint64_t uuid, std::string_view name,
                          std::uint64_t rank) noexcept;
/// What runs on a machine while it has no processor; below the processors.
void describe_trace_machine(trace_track& track, std::uint64_t uuid, std::uint32_t index) noexcept;
void describe_trace_counter(trace_track& track, std::uint64_t uuid, std::string_view name) noexcept;

}  // namespace weft::sched
