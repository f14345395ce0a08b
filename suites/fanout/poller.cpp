#include "suites/fanout/poller.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace suite::fanout {
namespace {

constexpr auto patience = std::chrono::seconds(8);

}  // namespace

sockaddr_in loopback_address(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

descriptor listen_on_loopback(int flags) {
    descriptor socket(
        require_success(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), "socket"));
    const sockaddr_in address = loopback_address(0);
    require_success(
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    require_success(::listen(socket.get(), SOMAXCONN), "listen");
    return socket;
}

std::uint16_t port_of(const descriptor& listening) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    require_success(::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size),
                    "getsockname");
    return ntohs(address.sin_port);
}

descriptor connect_to_loopback(std::uint16_t port) {
    descriptor socket(require_success(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const sockaddr_in address = loopback_address(port);
    require_success(
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
        "connect");
    require_success(::fcntl(socket.get(), F_SETFL, O_NONBLOCK), "fcntl");
    send_at_once(socket);
    return socket;
}

void send_at_once(const descriptor& socket) {
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

poller::poller() : epoll_(require_success(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

void poller::watch(int readable, std::uint64_t id) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = id;
    require_success(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, readable, &event), "epoll_ctl");
}

std::span<const epoll_event> poller::wait() {
    constexpr auto patience_ms = static_cast<int>(std::chrono::milliseconds(patience).count());
    int ready = -1;
    do {
        ready =
            epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), patience_ms);
    } while (ready < 0 && errno == EINTR);
    require_success(ready, "epoll_wait");
    if (ready == 0) {
        throw std::runtime_error("nothing happened on any connection for " +
                                 std::to_string(patience.count()) + " s");
    }
    return std::span(events_).first(static_cast<std::size_t>(ready));
}

}  // namespace suite::fanout
