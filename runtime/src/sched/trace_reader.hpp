// Reads a trace back, for tests: the part of Perfetto's format that the runtime writes, checked as
// strictly as the Perfetto UI's importer would.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::sched {

/// The fields of a message in the wire format of protocol buffers.
struct trace_message {
    std::multimap<std::uint64_t, std::uint64_t> numbers;
    std::multimap<std::uint64_t, std::string_view> parts;  // texts, and messages

    explicit trace_message(std::string_view bytes) {
        while (!bytes.empty()) {
            const std::uint64_t tag = varint(bytes);
            const std::uint64_t field = tag >> 3;
            if ((tag & 7) == 0) {
                numbers.emplace(field, varint(bytes));
            } else if ((tag & 7) == 1) {
                std::uint64_t value = 0;
                for (int i = 0; i < 8; ++i) {
                    value |= static_cast<std::uint64_t>(
                                 static_cast<unsigned char>(take(bytes, 1).front()))
                             << (8 * i);
                }
                numbers.emplace(field, value);
            } else if ((tag & 7) == 2) {
                parts.emplace(field, take(bytes, varint(bytes)));
            } else {
                throw std::runtime_error("a wire type that is not written");
            }
        }
    }
    bool has(std::uint64_t field) const { return numbers.count(field) + parts.count(field) != 0; }
    std::uint64_t number(std::uint64_t field, std::uint64_t otherwise = 0) const {
        const auto found = numbers.find(field);
        return found == numbers.end() ? otherwise : found->second;
    }
    std::string text(std::uint64_t field) const {
        const auto found = parts.find(field);
        return found == parts.end() ? std::string() : std::string(found->second);
    }
    std::vector<trace_message> messages(std::uint64_t field) const {
        std::vector<trace_message> found;
        for (auto [at, end] = parts.equal_range(field); at != end; ++at) {
            found.emplace_back(at->second);
        }
        return found;
    }

    static std::string_view take(std::string_view& bytes, std::uint64_t size) {
        if (size > bytes.size()) {
            throw std::out_of_range("a message ends too early");
        }
        const std::string_view taken = bytes.substr(0, size);
        bytes.remove_prefix(size);
        return taken;
    }
    static std::uint64_t varint(std::string_view& bytes) {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(bytes, 1).front());
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if ((byte & 0x80) == 0) {
                return value;
            }
        }
        throw std::runtime_error("a number that does not end");
    }
};

struct trace_event_read {
    enum class kind : std::uint64_t { begin = 1, end, instant, counter } what = kind::instant;
    std::uint64_t time = 0;
    std::string name;
    std::map<std::string, std::string> notes;
    std::vector<std::uint64_t> arrows_begun;
    std::vector<std::uint64_t> arrows_ended;
    std::uint64_t value = 0;  // of a counter
};

/// A trace by the names of its tracks.
class trace_reader {
public:
    /// Throws when the file is none. With `may_be_torn` it may end in the middle of a packet.
    explicit trace_reader(const std::string& path, bool may_be_torn = false) {
        std::ifstream file(path, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(file), {});
        std::string_view left = bytes_;
        while (!left.empty()) {
            try {
                if (trace_message::varint(left) != (1 << 3 | 2)) {
                    throw std::runtime_error("not a packet");
                }
                read_packet(trace_message(trace_message::take(left, trace_message::varint(left))));
            } catch (const std::out_of_range&) {
                if (!may_be_torn) {
                    throw;
                }
                break;
            }
        }
        for (auto& [uuid, events] : by_uuid_) {
            tracks[names_.at(uuid)] = std::move(events);
        }
    }

    std::map<std::string, std::vector<trace_event_read>> tracks;
    std::string process_name;
    std::uint64_t process_id = 0;

private:
    struct sequence {
        std::uint64_t track = 0;
        std::uint64_t clock = 0;
        std::map<std::uint64_t, std::string> names, keys, texts;
    };

    void read_packet(const trace_message& packet) {
        const std::uint64_t id = packet.number(10);
        const bool cleared = packet.number(13) == 1;
        if (id == 0 || (!cleared && sequences_.count(id) == 0)) {
            throw std::runtime_error("a packet before the beginning of its sequence");
        }
        sequence& in = sequences_[id];
        if (cleared) {
            in = {};
        }
        for (const trace_message& defaults : packet.messages(59)) {
            in.clock = defaults.number(58);
            in.track = defaults.messages(11).at(0).number(11);
        }
        for (const trace_message& data : packet.messages(12)) {
            read_texts(data, 2, in.names);
            read_texts(data, 3, in.keys);
            read_texts(data, 29, in.texts);
        }
        for (const trace_message& snapshot : packet.messages(6)) {
            for (const trace_message& clock : snapshot.messages(1)) {
                clocks_[clock.number(1)] = clock.number(2);
            }
        }
        for (const trace_message& track : packet.messages(60)) {
            read_track(track);
        }
        for (const trace_message& event : packet.messages(11)) {
            read_event(packet, event, in);
        }
    }

    static void read_texts(const trace_message& data, std::uint64_t field,
                           std::map<std::uint64_t, std::string>& into) {
        for (const trace_message& one : data.messages(field)) {
            if (!into.emplace(one.number(1), one.text(2)).second) {
                throw std::runtime_error("a number of two texts");
            }
        }
    }

    void read_track(const trace_message& track) {
        std::string name = track.text(2);
        for (const trace_message& process : track.messages(3)) {
            process_name = process.text(6);
            process_id = process.number(1);
            name = "process";
        }
        if (name != "process" && names_.count(track.number(5)) == 0) {
            throw std::runtime_error("a track without a parent");
        }
        for (const auto& [uuid, other] : names_) {
            if (other == name) {
                throw std::runtime_error("two tracks with the name " + name);
            }
        }
        names_[track.number(1)] = name;
    }

    void read_event(const trace_message& packet, const trace_message& event, const sequence& in) {
        if (clocks_.count(in.clock) == 0) {
            throw std::runtime_error("a clock that was not explained");
        }
        trace_event_read read;
        read.what = static_cast<trace_event_read::kind>(event.number(9));
        read.time = packet.number(8);
        read.name = event.has(10) ? in.names.at(event.number(10)) : event.text(23);
        read.value = event.number(30);
        for (const trace_message& note : event.messages(4)) {
            const std::string& key = in.keys.at(note.number(1));
            read.notes[key] = note.has(17)  ? in.texts.at(note.number(17))
                              : note.has(3) ? std::to_string(note.number(3))
                                            : note.text(6);
        }
        for (auto [at, end] = event.numbers.equal_range(47); at != end; ++at) {
            read.arrows_begun.push_back(at->second);
        }
        for (auto [at, end] = event.numbers.equal_range(48); at != end; ++at) {
            read.arrows_ended.push_back(at->second);
        }
        by_uuid_[event.number(11, in.track)].push_back(std::move(read));
    }

    std::string bytes_;
    std::map<std::uint64_t, sequence> sequences_;
    std::map<std::uint64_t, std::uint64_t> clocks_;
    std::map<std::uint64_t, std::string> names_;
    std::map<std::uint64_t, std::vector<trace_event_read>> by_uuid_;
};

}  // namespace weft::sched
