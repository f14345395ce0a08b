// How a service says that it can be used: one line of JSON with its address and a token.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace suite::fanout {

/// Drawn at start: a client that knows it talks to the service that its harness started.
std::string draw_token();

void introduce(std::ostream& out, std::uint16_t port, const std::string& token);

}  // namespace suite::fanout
