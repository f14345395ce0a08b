// The clients of fanout/echo and fanout/stall: connections that send messages and want them back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "suites/fanout/poller.hpp"

namespace suite::fanout {

/// 64 bytes: the connection, its message's number from 1, and words that follow from these.
using echo_message = std::array<std::uint64_t, 8>;

echo_message make_echo_message(std::size_t connection, std::uint64_t number);

class echo_connections {
public:
    /// Connects all of them; each has had a message sent back then, so that its server's side is at
    /// work too. In batches: the kernel queues only so many that nobody has accepted yet.
    echo_connections(std::uint16_t port, std::size_t count);

    std::size_t size() const { return connections_.size(); }
    poller& events() { return events_; }

    /// Sends the connection's next message.
    void send(std::size_t connection);

    /// Reads what is there and returns the number of the message that is back with it, or 0. Throws
    /// wrong_result when it is not the one that was sent.
    std::uint64_t receive(std::size_t connection);

    /// The number of the last message that the connection has sent.
    std::uint64_t sent(std::size_t connection) const { return connections_[connection].sent; }

private:
    struct connection {
        descriptor socket;
        std::uint64_t sent = 0;
        std::uint64_t back = 0;
        std::size_t filled = 0;
        echo_message arriving{};
    };

    void try_out(std::size_t begin, std::size_t end);

    poller events_;
    std::vector<connection> connections_;
};

}  // namespace suite::fanout
