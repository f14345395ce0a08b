// Sockets. Every descriptor is made non-blocking and closed on exec. What can fail returns a
// negated errno value.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <cstddef>
#include <cstdint>
#include <string>

namespace weft::platform {

struct socket_address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    int family() const noexcept { return storage.ss_family; }
};

/// A stream socket of a family; without Nagle's delay where it is TCP's.
int make_socket(int family) noexcept;
/// Binds and listens with the longest backlog that the system allows; a TCP port that only old
/// connections use is free.
int listen_at(int descriptor, const socket_address& address) noexcept;
/// The descriptor of the next connection, without Nagle's delay where it is TCP's; -EAGAIN when
/// there is none.
int accept_from(int descriptor) noexcept;
/// 0, or -EINPROGRESS when `connection_state` will tell.
int begin_connect(int descriptor, const socket_address& address) noexcept;
/// 0 when connected, -EAGAIN when not yet, else why it failed.
int connection_state(int descriptor) noexcept;

/// Bytes, 0 at the peer's end, -EAGAIN when there is nothing yet.
std::int64_t receive(int descriptor, const iovec* places, std::size_t count) noexcept;
/// Bytes, -EAGAIN when there is no room. Never raises SIGPIPE.
std::int64_t transmit(int descriptor, const iovec* places, std::size_t count) noexcept;
/// `how` is SHUT_RD, SHUT_WR or SHUT_RDWR.
int shut_down(int descriptor, int how) noexcept;

int local_address(int descriptor, socket_address& address) noexcept;
int peer_address(int descriptor, socket_address& address) noexcept;

/// Removes a file; whether there was one is of no interest.
void remove_file(const std::string& path) noexcept;

}  // namespace weft::platform
