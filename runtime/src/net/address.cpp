#include "net/address.hpp"

#include <arpa/inet.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace weft::net {

namespace {

using platform::socket_address;

constexpr std::string_view unix_prefix = "unix:";
constexpr char abstract_mark = '@';

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number = 0;
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

template <class Address>
socket_address wrap(const Address& address, std::size_t size) {
    socket_address wrapped;
    std::memcpy(&wrapped.storage, &address, size);
    wrapped.size = static_cast<socklen_t>(size);
    return wrapped;
}

std::optional<socket_address> parse_unix(std::string_view path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const bool is_abstract = !path.empty() && path.front() == abstract_mark;
    // A file's name ends with a zero; an abstract one begins with it and ends where it ends.
    const std::size_t room = sizeof address.sun_path - (is_abstract ? 0 : 1);
    if (path.empty() || path.size() > room || path.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    if (is_abstract) {
        address.sun_path[0] = '\0';
    }
    return wrap(address, offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
}

std::optional<socket_address> parse_v4(std::string_view host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, std::string(host).c_str(), &address.sin_addr) != 1) {
        return std::nullopt;
    }
    return wrap(address, sizeof address);
}

std::optional<socket_address> parse_v6(std::string_view host, std::uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    if (const std::size_t percent = host.find('%'); percent != std::string_view::npos) {
        const auto scope = parse_number<std::uint32_t>(host.substr(percent + 1));
        if (!scope) {
            return std::nullopt;
        }
        address.sin6_scope_id = *scope;
        host = host.substr(0, percent);
    }
    if (inet_pton(AF_INET6, std::string(host).c_str(), &address.sin6_addr) != 1) {
        return std::nullopt;
    }
    return wrap(address, sizeof address);
}

std::string format_unix(const socket_address& address) {
    sockaddr_un raw{};
    std::memcpy(&raw, &address.storage, std::min<std::size_t>(address.size, sizeof raw));
    const std::size_t head = offsetof(sockaddr_un, sun_path);
    std::string text(unix_prefix);
    if (address.size <= head) {
        return text;
    }
    std::string_view path(raw.sun_path,
                          std::min<std::size_t>(address.size - head, sizeof raw.sun_path));
    if (path.front() == '\0') {
        text += abstract_mark;
        path.remove_prefix(1);
    } else {
        path = path.substr(0, path.find('\0'));
    }
    return text.append(path);
}

std::string format_v4(const socket_address& address) {
    sockaddr_in raw{};
    std::memcpy(&raw, &address.storage, sizeof raw);
    std::array<char, INET_ADDRSTRLEN> host{};
    inet_ntop(AF_INET, &raw.sin_addr, host.data(), host.size());
    return std::string(host.data()) + ":" + std::to_string(ntohs(raw.sin_port));
}

std::string format_v6(const socket_address& address) {
    sockaddr_in6 raw{};
    std::memcpy(&raw, &address.storage, sizeof raw);
    std::array<char, INET6_ADDRSTRLEN> host{};
    inet_ntop(AF_INET6, &raw.sin6_addr, host.data(), host.size());
    const std::string scope = raw.sin6_scope_id == 0 ? "" : "%" + std::to_string(raw.sin6_scope_id);
    return "[" + std::string(host.data()) + scope + "]:" + std::to_string(ntohs(raw.sin6_port));
}

}  // namespace

std::optional<socket_address> parse_address(std::string_view text) {
    if (text.starts_with(unix_prefix)) {
        return parse_unix(text.substr(unix_prefix.size()));
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
    const std::string_view host = text.substr(0, colon);
    if (!port || host.empty()) {
        return std::nullopt;
    }
    if (host.front() == '[' && host.back() == ']') {
        return parse_v6(host.substr(1, host.size() - 2), *port);
    }
    return parse_v4(host, *port);
}

std::string format_address(const socket_address& address) {
    switch (address.family()) {
        case AF_UNIX:
            return format_unix(address);
        case AF_INET:
            return format_v4(address);
        case AF_INET6:
            return format_v6(address);
        default:
            return {};
    }
}

std::string file_of(std::string_view address) {
    if (!address.starts_with(unix_prefix)) {
        return {};
    }
    const std::string_view path = address.substr(unix_prefix.size());
    return path.empty() || path.front() == abstract_mark ? std::string() : std::string(path);
}

}  // namespace weft::net
