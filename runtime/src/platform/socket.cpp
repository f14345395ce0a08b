#include "platform/socket.hpp"

#include <netinet/tcp.h>
#include <unistd.h>
#include <cerrno>

namespace weft::platform {

namespace {

/// Calls again what a signal interrupted; the call's result, or a negated errno value.
template <class Call>
auto uninterrupted(Call call) noexcept -> decltype(call()) {
    while (true) {
        const auto result = call();
        if (result >= 0) {
            return result;
        }
        if (errno != EINTR) {
            return -errno;
        }
    }
}

void set_option(int descriptor, int level, int option) noexcept {
    const int on = 1;
    setsockopt(descriptor, level, option, &on, sizeof on);
}

bool is_tcp(int family) noexcept {
    return family == AF_INET || family == AF_INET6;
}

sockaddr* raw(socket_address& address) noexcept {
    return reinterpret_cast<sockaddr*>(&address.storage);
}

const sockaddr* raw(const socket_address& address) noexcept {
    return reinterpret_cast<const sockaddr*>(&address.storage);
}

msghdr message_of(const iovec* places, std::size_t count) noexcept {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(places);  // the system does not write it
    message.msg_iovlen = count;
    return message;
}

}  // namespace

int make_socket(int family) noexcept {
    const int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -errno;
    }
    if (is_tcp(family)) {
        set_option(descriptor, IPPROTO_TCP, TCP_NODELAY);
    }
    return descriptor;
}

int listen_at(int descriptor, const socket_address& address) noexcept {
    if (is_tcp(address.family())) {
        set_option(descriptor, SOL_SOCKET, SO_REUSEADDR);
    }
    if (bind(descriptor, raw(address), address.size) < 0 || listen(descriptor, SOMAXCONN) < 0) {
        return -errno;
    }
    return 0;
}

int accept_from(int descriptor) noexcept {
    socket_address peer;
    const int accepted = uninterrupted([&] {
        peer.size = sizeof peer.storage;
        return accept4(descriptor, raw(peer), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    });
    if (accepted >= 0 && is_tcp(peer.family())) {
        set_option(accepted, IPPROTO_TCP, TCP_NODELAY);
    }
    return accepted;
}

int begin_connect(int descriptor, const socket_address& address) noexcept {
    if (connect(descriptor, raw(address), address.size) == 0) {
        return 0;
    }
    return errno == EINTR ? -EINPROGRESS : -errno;  // interrupted it goes on by itself
}

int connection_state(int descriptor) noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
        return -errno;
    }
    if (error != 0) {
        return -error;
    }
    socket_address peer;  // no error does not mean connected: a wake-up may be for nothing
    const int connected = peer_address(descriptor, peer);
    return connected == -ENOTCONN ? -EAGAIN : connected;
}

std::int64_t receive(int descriptor, const iovec* places, std::size_t count) noexcept {
    if (count == 1) {
        return uninterrupted(
            [&] { return recv(descriptor, places->iov_base, places->iov_len, 0); });
    }
    msghdr message = message_of(places, count);
    return uninterrupted([&] { return recvmsg(descriptor, &message, 0); });
}

std::int64_t transmit(int descriptor, const iovec* places, std::size_t count) noexcept {
    if (count == 1) {
        return uninterrupted(
            [&] { return send(descriptor, places->iov_base, places->iov_len, MSG_NOSIGNAL); });
    }
    const msghdr message = message_of(places, count);
    return uninterrupted([&] { return sendmsg(descriptor, &message, MSG_NOSIGNAL); });
}

int shut_down(int descriptor, int how) noexcept {
    return shutdown(descriptor, how) < 0 ? -errno : 0;
}

int local_address(int descriptor, socket_address& address) noexcept {
    address.size = sizeof address.storage;
    return getsockname(descriptor, raw(address), &address.size) < 0 ? -errno : 0;
}

int peer_address(int descriptor, socket_address& address) noexcept {
    address.size = sizeof address.storage;
    return getpeername(descriptor, raw(address), &address.size) < 0 ? -errno : 0;
}

void remove_file(const std::string& path) noexcept {
    unlink(path.c_str());
}

}  // namespace weft::platform
