// Addresses as text.
#pragma once

#include "platform/socket.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace weft::net {

/// Empty when malformed. See weft/net.hpp for the forms; an IPv6 address may have a numeric scope,
/// as in "[fe80::1%2]:80".
std::optional<platform::socket_address> parse_address(std::string_view text);
std::string format_address(const platform::socket_address& address);

/// The file that a Unix socket's address names; empty when it names none.
std::string file_of(std::string_view address);

}  // namespace weft::net
