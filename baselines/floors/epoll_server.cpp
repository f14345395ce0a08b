#include "epoll_server.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "suites/fanout/echo.hpp"

namespace floors {

using suite::require_success;

epoll_server::epoll_server(service what)
    : what_(what), listening_(suite::fanout::listen_on_loopback(SOCK_NONBLOCK)) {
    events_.watch(listening_.get(), listening_id);
}

void epoll_server::serve_until_words() {
    for (bool words = false; !words;) {
        for (const epoll_event& event : events_.wait()) {
            if (event.data.u64 == listening_id) {
                accept_waiting();
            } else if (event.data.u64 == words_id) {
                words = true;
            } else {
                send_back(event.data.u64);
            }
        }
    }
}

void epoll_server::accept_waiting() {
    for (;;) {
        const int accepted =
            ::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0 && errno == EAGAIN) {
            return;
        }
        suite::descriptor connection(require_success(accepted, "accept"));
        ++accepted_;
        if (what_ == service::end) {
            continue;
        }
        suite::fanout::send_at_once(connection);
        const auto number = static_cast<std::size_t>(accepted);
        events_.watch(accepted, number);
        if (connections_.size() <= number) {
            connections_.resize(number + 1);
        }
        connections_[number] = std::move(connection);
    }
}

void epoll_server::send_back(std::uint64_t connection) {
    std::array<std::byte, suite::fanout::echo_bytes> message;
    suite::descriptor& socket = connections_[connection];
    const long got =
        require_success(::recv(socket.get(), message.data(), message.size(), 0), "recv");
    if (got == 0) {
        socket.close();
        return;
    }
    // One message is on its way at a time, so that it always fits.
    require_success(
        ::send(socket.get(), message.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL), "send");
}

serving_stream::serving_stream(epoll_server& server, const suite::server& generator)
    : server_(&server), words_(suite::fanout::connect_to_loopback(generator.port)) {
    server.watch_words(words_.get());
}

std::size_t serving_stream::read_some(std::span<std::byte> into) {
    server_->serve_until_words();
    return static_cast<std::size_t>(
        require_success(::recv(words_.get(), into.data(), into.size(), 0), "recv"));
}

std::size_t serving_stream::write_some(std::span<const std::byte> from) {
    return static_cast<std::size_t>(
        require_success(::send(words_.get(), from.data(), from.size(), MSG_NOSIGNAL), "send"));
}

}  // namespace floors
