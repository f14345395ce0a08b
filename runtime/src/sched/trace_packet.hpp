// A packet of a trace, as the Perfetto UI reads it.
//
// The format is Perfetto's (perfetto.dev, TracePacket and TrackEvent), in the wire format of
// protocol buffers, of which a writer needs no more than numbers and nested messages. It was chosen
// over the JSON of chrome://tracing because it is a plain sequence of packets, so that a file that
// ends anywhere is a trace that ends there; it takes about half the room; it counts nanoseconds as
// they are, and texts need no escapes. The numbers of fields never change their meaning.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft::sched {

/// The fields that are written, by message.
namespace trace_field {
inline constexpr std::uint32_t trace_packet = 1;

// TracePacket
inline constexpr std::uint32_t clock_snapshot = 6;
inline constexpr std::uint32_t timestamp = 8;
inline constexpr std::uint32_t sequence_id = 10;
inline constexpr std::uint32_t track_event = 11;
inline constexpr std::uint32_t interned_data = 12;
inline constexpr std::uint32_t sequence_flags = 13;
inline constexpr std::uint32_t packet_defaults = 59;
inline constexpr std::uint32_t track_descriptor = 60;

// ClockSnapshot and its Clock
inline constexpr std::uint32_t clock = 1;
inline constexpr std::uint32_t clock_id = 1;
inline constexpr std::uint32_t clock_time = 2;

// TracePacketDefaults
inline constexpr std::uint32_t default_event = 11;
inline constexpr std::uint32_t default_clock_id = 58;

// TrackDescriptor, ProcessDescriptor, CounterDescriptor
inline constexpr std::uint32_t uuid = 1;
inline constexpr std::uint32_t track_name = 2;
inline constexpr std::uint32_t process = 3;
inline constexpr std::uint32_t parent_uuid = 5;
inline constexpr std::uint32_t counter = 8;
inline constexpr std::uint32_t child_ordering = 11;
inline constexpr std::uint32_t sibling_rank = 12;
inline constexpr std::uint32_t process_id = 1;
inline constexpr std::uint32_t process_name = 6;
inline constexpr std::uint32_t counter_unit_name = 6;

// TrackEvent
inline constexpr std::uint32_t annotation = 4;
inline constexpr std::uint32_t event_type = 9;
inline constexpr std::uint32_t event_name_iid = 10;
inline constexpr std::uint32_t track_uuid = 11;
inline constexpr std::uint32_t event_name = 23;
inline constexpr std::uint32_t counter_value = 30;
inline constexpr std::uint32_t flow_id = 47;
inline constexpr std::uint32_t terminating_flow_id = 48;

// DebugAnnotation
inline constexpr std::uint32_t annotation_name_iid = 1;
inline constexpr std::uint32_t annotation_number = 3;
inline constexpr std::uint32_t annotation_text = 6;
inline constexpr std::uint32_t annotation_text_iid = 17;

// InternedData, and the messages of one interned text
inline constexpr std::uint32_t event_names = 2;
inline constexpr std::uint32_t annotation_names = 3;
inline constexpr std::uint32_t annotation_texts = 29;
inline constexpr std::uint32_t interned_iid = 1;
inline constexpr std::uint32_t interned_text = 2;
}  // namespace trace_field

/// Built piece by piece in place, without memory of its own.
class trace_packet {
public:
    /// More than the largest: two texts and some twenty numbers.
    static constexpr std::size_t size_max = 768;
    static constexpr std::size_t text_max = 200;

    trace_packet() noexcept { begin(trace_field::trace_packet); }

    void number(std::uint32_t field, std::uint64_t value) noexcept;
    /// A number of eight bytes.
    void fixed(std::uint32_t field, std::uint64_t value) noexcept;
    /// At most `text_max` bytes of it; see `clean_text`.
    void text(std::uint32_t field, std::string_view value) noexcept;
    /// A message within; everything until `end` is its. Returns what `end` is to be given.
    std::size_t begin(std::uint32_t field) noexcept;
    void end(std::size_t begun) noexcept;

    /// The packet as it stands in the file. Nothing is added afterwards.
    std::string_view bytes() noexcept;

private:
    void put(std::uint64_t byte) noexcept { bytes_[size_++] = static_cast<char>(byte); }
    void varint(std::uint64_t value) noexcept;

    std::size_t size_ = 0;
    std::array<char, size_max> bytes_;  // not initialised: written before it is read
};

/// Copies `text` to `to`, as much as fits, as whole characters of UTF-8, which the format demands:
/// what is none becomes U+FFFD. Returns what was copied.
std::string_view clean_text(std::string_view text, char* to, std::size_t size_max) noexcept;

}  // namespace weft::sched
