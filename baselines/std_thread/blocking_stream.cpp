#include "blocking_stream.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace contender {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// Repeats a call that a signal interrupted.
template <class Call>
ssize_t retry(const char* what, Call call) {
    for (;;) {
        const ssize_t result = call();
        if (result >= 0) {
            return result;
        }
        if (errno != EINTR) {
            fail(what);
        }
    }
}

void send_at_once(int descriptor) {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

blocking_stream::blocking_stream(int connected) : descriptor_(connected) {
    send_at_once(descriptor_);
}

blocking_stream::blocking_stream(const suite::server& peer)
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (descriptor_ < 0) {
        fail("socket");
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(peer.port);
    if (::inet_pton(AF_INET, peer.host.c_str(), &address.sin_addr) != 1) {
        close();
        throw suite::usage_error("--server wants a numeric IPv4 address, not " + peer.host);
    }
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        close();
        throw std::system_error(error, std::generic_category(), "connect");
    }
    send_at_once(descriptor_);
}

std::size_t blocking_stream::read_some(std::span<std::byte> into) {
    return static_cast<std::size_t>(
        retry("recv", [&] { return ::recv(descriptor_, into.data(), into.size(), 0); }));
}

std::size_t blocking_stream::write_some(std::span<const std::byte> from) {
    return static_cast<std::size_t>(
        retry("send", [&] { return ::send(descriptor_, from.data(), from.size(), MSG_NOSIGNAL); }));
}

void blocking_stream::close() noexcept {
    if (descriptor_ >= 0) {
        ::close(std::exchange(descriptor_, -1));
    }
}

blocking_listener::blocking_listener()
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (descriptor_ < 0 ||
        ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(descriptor_, SOMAXCONN) != 0) {
        const int error = errno;
        ::close(descriptor_);
        throw std::system_error(error, std::generic_category(), "listen");
    }
}

blocking_listener::~blocking_listener() {
    ::close(descriptor_);
}

std::uint16_t blocking_listener::port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        fail("getsockname");
    }
    return ntohs(address.sin_port);
}

blocking_stream blocking_listener::accept() {
    return blocking_stream(static_cast<int>(
        retry("accept", [&] { return ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC); })));
}

void blocking_listener::close() noexcept {
    // The descriptor stays until nobody can be inside accept any more; shutting it down wakes them.
    ::shutdown(descriptor_, SHUT_RDWR);
}

}  // namespace contender
