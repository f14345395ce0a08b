#include "sched/trace_packet.hpp"

#include <algorithm>
#include <cstring>

namespace weft::sched {

namespace {

// The wire types of protocol buffers.
constexpr std::uint32_t as_varint = 0;
constexpr std::uint32_t as_fixed64 = 1;
constexpr std::uint32_t as_bytes = 2;

constexpr std::uint64_t tag(std::uint32_t field, std::uint32_t type) noexcept {
    return std::uint64_t{field} << 3 | type;
}

// A length is written once its message is complete, in the two bytes left for it.
constexpr std::size_t length_bytes = 2;
static_assert(trace_packet::size_max < 1 << 7 * length_bytes);

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// How many bytes of `text` are its first character; 0: it begins with none.
std::size_t character_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (size == 0 || first > 0xF4 || text.size() < size) {
        return 0;
    }
    // Overlong forms, surrogates and what is beyond the last character show in the second byte.
    const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) {
        return 0;
    }
    for (std::size_t i = 2; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) {
            return 0;
        }
    }
    return size;
}

}  // namespace

void trace_packet::varint(std::uint64_t value) noexcept {
    while (value >= 0x80) {
        put(value | 0x80);
        value >>= 7;
    }
    put(value);
}

void trace_packet::number(std::uint32_t field, std::uint64_t value) noexcept {
    varint(tag(field, as_varint));
    varint(value);
}

void trace_packet::fixed(std::uint32_t field, std::uint64_t value) noexcept {
    varint(tag(field, as_fixed64));
    for (int shift = 0; shift < 64; shift += 8) {
        put(value >> shift);
    }
}

void trace_packet::text(std::uint32_t field, std::string_view value) noexcept {
    value = value.substr(0, text_max);
    varint(tag(field, as_bytes));
    varint(value.size());
    std::memcpy(bytes_.data() + size_, value.data(), value.size());
    size_ += value.size();
}

std::size_t trace_packet::begin(std::uint32_t field) noexcept {
    varint(tag(field, as_bytes));
    size_ += length_bytes;
    return size_;
}

void trace_packet::end(std::size_t begun) noexcept {
    const std::size_t length = size_ - begun;
    bytes_[begun - 2] = static_cast<char>(length | 0x80);
    bytes_[begun - 1] = static_cast<char>(length >> 7);
}

std::string_view trace_packet::bytes() noexcept {
    end(1 + length_bytes);  // begun by the constructor, whose tag is one byte
    return {bytes_.data(), size_};
}

std::string_view clean_text(std::string_view text, char* to, std::size_t size_max) noexcept {
    std::size_t size = 0;
    while (!text.empty()) {
        const std::size_t valid = character_size(text);
        const std::string_view next = valid == 0 ? replacement : text.substr(0, valid);
        if (size + next.size() > size_max) {
            break;
        }
        std::copy(next.begin(), next.end(), to + size);
        size += next.size();
        text.remove_prefix(std::max<std::size_t>(valid, 1));
    }
    return {to, size};
}

}  // namespace weft::sched
