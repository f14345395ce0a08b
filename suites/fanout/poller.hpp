// Readiness of sockets, and connections on loopback, for whoever has no runtime for them.
#pragma once

#include <netinet/in.h>
#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "suites/kit/descriptor.hpp"

namespace suite::fanout {

sockaddr_in loopback_address(std::uint16_t port);

/// A listening socket on a port of 127.0.0.1 that the system chooses.
descriptor listen_on_loopback(int flags = 0);
std::uint16_t port_of(const descriptor& listening);

/// A connected socket that waits for nothing from here on; sends without Nagle's delay.
descriptor connect_to_loopback(std::uint16_t port);

void send_at_once(const descriptor& socket);

class poller {
public:
    poller();

    /// Level-triggered, for reading; closing the descriptor ends it.
    void watch(int readable, std::uint64_t id);

    /// Sleeps until something can be read. Throws std::runtime_error when nothing can for so long
    /// that the other side must have lost something.
    std::span<const epoll_event> wait();

private:
    descriptor epoll_;
    std::array<epoll_event, 256> events_;
};

}  // namespace suite::fanout
