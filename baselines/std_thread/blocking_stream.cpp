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

}  // namespace

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
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
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

}  // namespace contender
