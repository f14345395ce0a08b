#include "sched/trace_event.hpp"

#include "platform/clock.hpp"
#include "platform/system.hpp"
#include "sched/goroutine_extension.hpp"
#include "sched/report.hpp"

#include <charconv>
#include <cstring>
#include <utility>

namespace weft::sched {

namespace {

namespace field = trace_field;
using detail::wait_reason;

// How a packet depends on those before it in its sequence.
constexpr std::uint64_t nothing_before = 1;
constexpr std::uint64_t names_before = 2;

// Perfetto's numbers of the clocks.
constexpr std::pair<clockid_t, std::uint64_t> clocks[] = {
    {CLOCK_REALTIME, 1}, {CLOCK_MONOTONIC, 3}, {CLOCK_BOOTTIME, 6}};
constexpr std::uint64_t our_clock = 3;
constexpr std::uint64_t explicit_order = 3;

constexpr std::size_t name_max = 120;
static_assert(name_max + 50 <= trace_packet::text_max, "a place is a name and two numbers");

constexpr std::pair<trace_name, std::string_view> event_names[] = {
    {trace_name::spawn, "spawn"},       {trace_name::wake, "wake"},
    {trace_name::steal, "steal"},       {trace_name::retake, "retake"},
    {trace_name::hand_off, "hand-off"},
};
constexpr std::pair<trace_key, std::string_view> keys[] = {
    {trace_key::goroutine, "goroutine"},
    {trace_key::stopped_by, "stopped by"},
    {trace_key::started_at, "started at"},
    {trace_key::from_processor, "from processor"},
    {trace_key::why, "why"},
};
constexpr std::pair<trace_stop, std::string_view> stops[] = {
    {trace_stop::yield, "yield"},
    {trace_stop::retaken, "retaken"},
    {trace_stop::end, "end"},
};

/// The packets of a sequence refer to texts by numbers from 1 on.
std::uint64_t iid_of(wait_reason reason) noexcept {
    return static_cast<std::uint64_t>(reason) + 1;
}

void intern(trace_packet& packet, std::uint32_t table, std::uint64_t iid,
            std::string_view text) noexcept {
    const std::size_t entry = packet.begin(table);
    packet.number(field::interned_iid, iid);
    packet.text(field::interned_text, text);
    packet.end(entry);
}

void begin_packet(trace_packet& packet, const trace_track& track, std::uint64_t depends) noexcept {
    packet.number(field::sequence_id, track.sequence);
    packet.number(field::sequence_flags, depends);
}

template <class Table>
void write_texts(trace_track& track, Table write_table) noexcept {
    trace_packet packet;
    begin_packet(packet, track, names_before);
    const std::size_t data = packet.begin(field::interned_data);
    write_table(packet);
    packet.end(data);
    track.write(packet);
}

/// A text of at most `trace_packet::text_max` bytes, put together in place.
class short_text {
public:
    short_text& add(std::string_view text) noexcept {
        size_ += clean_text(text, bytes_ + size_, name_max).size();
        return *this;
    }
    short_text& add(std::uint64_t number) noexcept {
        const auto [end, error] = std::to_chars(bytes_ + size_, bytes_ + sizeof bytes_, number);
        size_ = static_cast<std::size_t>(end - bytes_);
        return *this;
    }
    /// The file without its folders, and the line.
    short_text& add(const source_location& place) noexcept {
        const char* const file = place.file_name();
        const char* const slash = std::strrchr(file, '/');
        return add(slash == nullptr ? file : slash + 1).add(":").add(place.line());
    }
    std::string_view get() const noexcept { return {bytes_, size_}; }

private:
    std::size_t size_ = 0;
    char bytes_[trace_packet::text_max];
};

}  // namespace

trace_event::trace_event(trace_track& track, trace_event_type type) noexcept
    : trace_event(track, type, platform::now_ns()) {}

trace_event::trace_event(trace_track& track, trace_event_type type, std::int64_t time_ns) noexcept
    : track_(track) {
    packet_.number(field::timestamp, static_cast<std::uint64_t>(time_ns));
    begin_packet(packet_, track, names_before);
    event_ = packet_.begin(field::track_event);
    packet_.number(field::event_type, static_cast<std::uint64_t>(type));
}

trace_event::~trace_event() {
    packet_.end(event_);
    track_.write(packet_);
}

trace_event& trace_event::on(std::uint64_t track_uuid) noexcept {
    packet_.number(field::track_uuid, track_uuid);
    return *this;
}

trace_event& trace_event::called(trace_name name) noexcept {
    packet_.number(field::event_name_iid, static_cast<std::uint64_t>(name));
    return *this;
}

trace_event& trace_event::called(const goroutine& g) noexcept {
    char name[name_max];
    short_text text;
    if (const std::size_t size = copy_name(g, name, sizeof name); size != 0) {
        packet_.text(field::event_name, text.add(std::string_view(name, size)).get());
        const std::size_t begun = begin_note(trace_key::started_at);
        short_text place;
        packet_.text(field::annotation_text, place.add(g.started_at).get());
        packet_.end(begun);
    } else {
        text.add("G").add(g.id).add(" ").add(g.started_at);
        packet_.text(field::event_name, text.get());
    }
    return note(trace_key::goroutine, g.id);
}

trace_event& trace_event::counted(std::uint64_t value) noexcept {
    packet_.number(field::counter_value, value);
    return *this;
}

trace_event& trace_event::arrow_begins(const goroutine& g) noexcept {
    packet_.fixed(field::flow_id, track_.owner().arrow_to(g));
    return *this;
}

trace_event& trace_event::arrow_ends(const goroutine& g) noexcept {
    packet_.fixed(field::terminating_flow_id, track_.owner().arrow_to(g));
    return *this;
}

std::size_t trace_event::begin_note(trace_key key) noexcept {
    const std::size_t begun = packet_.begin(field::annotation);
    packet_.number(field::annotation_name_iid, static_cast<std::uint64_t>(key));
    return begun;
}

trace_event& trace_event::note(trace_key key, std::uint64_t value) noexcept {
    const std::size_t begun = begin_note(key);
    packet_.number(field::annotation_number, value);
    packet_.end(begun);
    return *this;
}

void trace_event::note_text(trace_key key, std::uint64_t iid) noexcept {
    const std::size_t begun = begin_note(key);
    packet_.number(field::annotation_text_iid, iid);
    packet_.end(begun);
}

trace_event& trace_event::note(trace_key key, wait_reason value) noexcept {
    note_text(key, iid_of(value));
    return *this;
}

trace_event& trace_event::note(trace_key key, trace_stop value) noexcept {
    note_text(key, static_cast<std::uint64_t>(value));
    return *this;
}

void begin_trace_sequence(trace_track& track, std::uint64_t track_uuid) noexcept {
    trace_packet first;
    begin_packet(first, track, nothing_before);
    const std::size_t defaults = first.begin(field::packet_defaults);
    first.number(field::default_clock_id, our_clock);
    const std::size_t event = first.begin(field::default_event);
    first.number(field::track_uuid, track_uuid);
    first.end(event);
    first.end(defaults);
    track.write(first);

    write_texts(track, [](trace_packet& packet) {
        for (const auto& [name, text] : event_names) {
            intern(packet, field::event_names, static_cast<std::uint64_t>(name), text);
        }
        for (const auto& [key, text] : keys) {
            intern(packet, field::annotation_names, static_cast<std::uint64_t>(key), text);
        }
        for (const auto& [stop, text] : stops) {
            intern(packet, field::annotation_texts, static_cast<std::uint64_t>(stop), text);
        }
    });
    write_texts(track, [](trace_packet& packet) {
        for (auto i = std::uint8_t{0}; i <= static_cast<std::uint8_t>(wait_reason::blocking_call);
             ++i) {
            const auto reason = static_cast<wait_reason>(i);
            intern(packet, field::annotation_texts, iid_of(reason), word_of(reason));
        }
    });
}

void describe_trace_process(trace_track& track, std::uint64_t uuid) noexcept {
    trace_packet times;
    begin_packet(times, track, names_before);
    const std::size_t snapshot = times.begin(field::clock_snapshot);
    for (const auto& [clock, number] : clocks) {
        const std::size_t one = times.begin(field::clock);
        times.number(field::clock_id, number);
        times.number(field::clock_time, static_cast<std::uint64_t>(platform::read_clock_ns(clock)));
        times.end(one);
    }
    times.end(snapshot);
    track.write(times);

    trace_packet process;
    begin_packet(process, track, names_before);
    const std::size_t descriptor = process.begin(field::track_descriptor);
    process.number(field::uuid, uuid);
    process.number(field::child_ordering, explicit_order);
    const std::size_t who = process.begin(field::process);
    process.number(field::process_id, static_cast<std::uint64_t>(platform::process_id()));
    short_text name;
    process.text(field::process_name, name.add(platform::program_name()).get());
    process.end(who);
    process.end(descriptor);
    track.write(process);
}

void describe_trace_track(trace_track& track, std::uint64_t uuid, std::string_view name,
                          std::uint64_t rank) noexcept {
    trace_packet packet;
    begin_packet(packet, track, names_before);
    const std::size_t descriptor = packet.begin(field::track_descriptor);
    packet.number(field::uuid, uuid);
    packet.text(field::track_name, name);
    packet.number(field::parent_uuid, track.owner().uuid_of_process());
    packet.number(field::sibling_rank, rank);
    packet.end(descriptor);
    track.write(packet);
}

void describe_trace_machine(trace_track& track, std::uint64_t uuid, std::uint32_t index) noexcept {
    constexpr std::uint64_t rank_of_first = std::uint64_t{1} << 20;
    short_text name;
    name.add("T").add(index).add(" off processor");
    describe_trace_track(track, uuid, name.get(), rank_of_first + index);
}

void describe_trace_counter(trace_track& track, std::uint64_t uuid,
                            std::string_view name) noexcept {
    trace_packet packet;
    begin_packet(packet, track, names_before);
    const std::size_t descriptor = packet.begin(field::track_descriptor);
    packet.number(field::uuid, uuid);
    packet.text(field::track_name, name);
    packet.number(field::parent_uuid, track.owner().uuid_of_process());
    packet.end(packet.begin(field::counter));  // empty: the mark of a counter
    packet.end(descriptor);
    track.write(packet);
}

}  // namespace weft::sched
