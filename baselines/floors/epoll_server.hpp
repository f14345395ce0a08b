// A server of one thread in epoll, and nothing in between.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "suites/fanout/load_order.hpp"
#include "suites/fanout/poller.hpp"
#include "suites/kit/settings.hpp"

namespace floors {

/// What a server does with a connection.
enum class service { send_back, end };

class epoll_server {
public:
    explicit epoll_server(service what);

    std::uint16_t port() const { return suite::fanout::port_of(listening_); }
    std::uint64_t accepted() const { return accepted_; }
    void watch_words(int descriptor) { events_.watch(descriptor, words_id); }

    /// Serves until the descriptor of the words can be read.
    void serve_until_words();

private:
    static constexpr std::uint64_t listening_id = 0;  // connections have their descriptor's number
    static constexpr std::uint64_t words_id = 1;

    void accept_waiting();
    void send_back(std::uint64_t connection);

    service what_;
    suite::descriptor listening_;
    suite::fanout::poller events_;
    std::vector<suite::descriptor> connections_;  // by number
    std::uint64_t accepted_ = 0;
};

/// The conversation with the load generator: who waits for its words serves meanwhile.
class serving_stream {
public:
    serving_stream(epoll_server& server, const suite::server& generator);

    std::size_t read_some(std::span<std::byte> into);
    std::size_t write_some(std::span<const std::byte> from);
    void close() noexcept { words_.close(); }

private:
    epoll_server* server_;
    suite::descriptor words_;
};

template <service What>
class loaded_epoll_server {
public:
    loaded_epoll_server(const suite::settings& run, std::int64_t connections)
        : load_(serving_stream(server_, run.service.value()), *run.service, server_.port(),
                connections) {}

    suite::fanout::load_report run(suite::meter& stopwatch, const std::string& order) {
        return load_.run(stopwatch, order);
    }
    std::uint64_t accepted() const { return server_.accepted(); }

private:
    epoll_server server_{What};
    suite::fanout::load_order<serving_stream> load_;
};

}  // namespace floors
