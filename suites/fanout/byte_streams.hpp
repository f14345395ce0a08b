// What is done with byte streams in more than one place.
#pragma once

#include <cstddef>
#include <span>

#include "suites/kit/concepts.hpp"

namespace suite::fanout {

template <byte_stream Stream>
void write_all(Stream& stream, std::span<const std::byte> rest) {
    while (!rest.empty()) {
        rest = rest.subspan(stream.write_some(rest));
    }
}

}  // namespace suite::fanout
