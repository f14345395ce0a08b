#include "suites/fanout/echo_connections.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "suites/kit/errors.hpp"

namespace suite::fanout {

echo_message make_echo_message(std::size_t connection, std::uint64_t number) {
    echo_message message{connection, number};
    std::uint64_t word = (static_cast<std::uint64_t>(connection) << 32) ^ number;
    for (std::size_t index = 2; index < message.size(); ++index) {
        word = word * 6364136223846793005U + 1442695040888963407U;
        message[index] = word;
    }
    return message;
}

echo_connections::echo_connections(std::uint16_t port, std::size_t count) : connections_(count) {
    constexpr std::size_t batch = 256;
    for (std::size_t begin = 0; begin < count; begin += batch) {
        const std::size_t end = std::min(count, begin + batch);
        for (std::size_t index = begin; index < end; ++index) {
            connections_[index].socket = connect_to_loopback(port);
            events_.watch(connections_[index].socket.get(), index);
            send(index);
        }
        try_out(begin, end);
    }
}

void echo_connections::try_out(std::size_t begin, std::size_t end) {
    for (std::size_t back = begin; back < end;) {
        for (const epoll_event& event : events_.wait()) {
            back += receive(event.data.u64) != 0 ? 1U : 0U;
        }
    }
}

void echo_connections::send(std::size_t connection) {
    auto& mine = connections_[connection];
    const echo_message message = make_echo_message(connection, ++mine.sent);
    const long sent = require_success(
        ::send(mine.socket.get(), message.data(), sizeof message, MSG_NOSIGNAL), "send");
    if (static_cast<std::size_t>(sent) != sizeof message) {
        throw std::runtime_error("a connection takes no more: the server does not read it");
    }
}

std::uint64_t echo_connections::receive(std::size_t connection) {
    auto& mine = connections_[connection];
    auto* bytes = reinterpret_cast<std::byte*>(mine.arriving.data());
    const long got = require_success(
        ::recv(mine.socket.get(), bytes + mine.filled, sizeof mine.arriving - mine.filled, 0),
        "recv");
    if (got == 0) {
        throw std::runtime_error("the server has closed a connection");
    }
    mine.filled += static_cast<std::size_t>(got);
    if (mine.filled < sizeof mine.arriving) {
        return 0;
    }
    mine.filled = 0;
    if (mine.back == mine.sent || mine.arriving != make_echo_message(connection, mine.back + 1)) {
        throw wrong_result("message " + std::to_string(mine.back + 1) + " of connection " +
                           std::to_string(connection) + " did not come back as it was sent");
    }
    return ++mine.back;
}

}  // namespace suite::fanout
