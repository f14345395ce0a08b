// The two ways to send messages: as fast as they come back, or at times that nobody can delay.
#pragma once

#include <cstdint>
#include <vector>

#include "suites/fanout/echo_connections.hpp"
#include "suites/fanout/load_run.hpp"

namespace suite::fanout {

/// Each connection sends its next message when its last one is back.
class closed_loop : public load_run {
public:
    closed_loop(echo_connections& clients, std::uint64_t messages);

    void run() override;
    load_report report() override;

private:
    struct share {
        std::uint64_t before = 0;  // the connection's messages in earlier runs
        std::uint64_t left = 0;
        std::int64_t sent_at = 0;
    };

    echo_connections& clients_;
    std::uint64_t messages_;
    std::vector<share> shares_;
    latencies times_;
    load_report found_;
};

/// Messages leave at the times of a Poisson process, dealt out to the connections in turn, whether
/// or not earlier ones are back. Latency counts from the intended time: what a late answer holds up
/// would be missing otherwise. How late the generator itself sent is reported beside it.
class open_loop : public load_run {
public:
    open_loop(echo_connections& clients, std::uint64_t messages, std::uint64_t per_second);

    void run() override;
    load_report report() override;

private:
    void send_due(std::int64_t start);
    void arm(std::int64_t start) const;
    void receive(std::size_t connection, std::int64_t start);

    echo_connections& clients_;
    std::vector<std::int64_t> intended_;  // nanoseconds after the start
    std::vector<std::uint64_t> before_;   // each connection's messages in earlier runs
    std::size_t next_ = 0;
    descriptor timer_;
    latencies times_;
    latencies lateness_;
    load_report found_;
};

}  // namespace suite::fanout
