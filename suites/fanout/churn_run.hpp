// The clients of fanout/churn: they connect, wait until the server ends the connection, and again.
#pragma once

#include <cstdint>
#include <vector>

#include "suites/fanout/load_run.hpp"
#include "suites/fanout/poller.hpp"

namespace suite::fanout {

/// It is the server that closes first: the port that the kernel keeps for a while afterwards is
/// then the server's one, and not one of the clients', of which there are about 28 000.
class churn_run : public load_run {
public:
    churn_run(std::uint16_t port, std::uint64_t connections, std::size_t at_once);

    void run() override;
    load_report report() override;

private:
    struct client {
        descriptor socket;
        std::int64_t began = 0;
        std::uint64_t number = 0;
    };

    void connect(std::size_t index);
    void take_end(std::size_t index);

    sockaddr_in address_;
    std::uint64_t total_;
    std::uint64_t started_ = 0;
    poller events_;
    std::vector<client> clients_;
    latencies times_;
    load_report found_;
};

}  // namespace suite::fanout
