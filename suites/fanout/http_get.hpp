// A GET over HTTP/1.1 on any byte stream: one request, one answer, one connection.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "suites/fanout/byte_streams.hpp"
#include "suites/kit/concepts.hpp"

namespace suite::fanout {

/// An answer as it came; the head is what stands before the empty line.
struct http_answer {
    int status = 0;
    std::string head;
    std::string body;

    /// A header's value, empty when it is not there; names are compared without regard to case.
    std::string_view header(std::string_view name) const;
};

std::string http_request(const server& peer, std::string_view target);

/// Throws std::runtime_error when the text is no complete answer of HTTP/1.1.
http_answer parse_http_answer(const std::string& text);

template <byte_stream Stream>
http_answer http_get(Stream& stream, const server& peer, std::string_view target) {
    const std::string request = http_request(peer, target);
    write_all(stream, std::as_bytes(std::span(request)));
    std::string text;
    std::array<std::byte, 1024> buffer;
    while (const std::size_t got = stream.read_some(std::span(buffer))) {
        text.append(reinterpret_cast<const char*>(buffer.data()), got);
    }
    return parse_http_answer(text);
}

}  // namespace suite::fanout
