// A server whose connections are served by a coroutine each, under the load generator's load.
#pragma once

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "adapter.hpp"
#include "suites/fanout/echo.hpp"
#include "suites/fanout/stall.hpp"

namespace contender {

using tcp = asio::ip::tcp;
using tcp_socket = asio::basic_stream_socket<tcp, executor>;

inline tcp::endpoint on_loopback(std::uint16_t port) {
    return {asio::ip::address_v4::loopback(), port};
}

/// The conversation with the load generator. The root has it, which is none of the pool's threads,
/// so it may block.
class blocking_stream {
public:
    static blocking_stream connect(const suite::server& peer) {
        blocking_stream stream;
        stream.socket_.connect(on_loopback(peer.port));
        stream.socket_.set_option(tcp::no_delay(true));
        return stream;
    }
    std::size_t read_some(std::span<std::byte> into) {
        error_code error;
        const std::size_t got = socket_.read_some(asio::buffer(into.data(), into.size()), error);
        if (error && error != asio::error::eof) {
            throw std::system_error(error);
        }
        return got;
    }
    std::size_t write_some(std::span<const std::byte> from) {
        return socket_.write_some(asio::buffer(from.data(), from.size()));
    }
    void close() noexcept {
        error_code unseen;
        socket_.close(unseen);
    }

private:
    tcp_socket socket_{pool_of_run::get_executor()};
};

/// `Service` is called with each connection, and what it returns is awaited. The destructor waits
/// until every connection has ended, which is the clients' to do.
template <class Service>
class coroutine_server {
public:
    using service = Service;

    explicit coroutine_server(Service each) : service_(std::move(each)) {
        running_.add(1);
        start(accept_all());
    }
    coroutine_server(const coroutine_server&) = delete;
    coroutine_server& operator=(const coroutine_server&) = delete;
    ~coroutine_server() {
        closing_.store(true, std::memory_order_relaxed);
        // An acceptor may not be closed while another thread has it accept; its socket may.
        ::shutdown(accepting_.native_handle(), SHUT_RD);
        run_to_end(all_ended());
    }

    std::uint16_t port() const { return accepting_.local_endpoint().port(); }
    std::uint64_t accepted() const { return accepted_.load(std::memory_order_relaxed); }

    /// Throws what ended accepting before its time. Called when the clients complain.
    void rethrow_failure() const {
        if (const int number = failed_.load(std::memory_order_relaxed)) {
            throw std::system_error(number, std::system_category(), "accept");
        }
    }

private:
    task<> accept_all() {
        for (;;) {
            auto [error, accepted] = co_await accepting_.async_accept(as_result);
            if (error) {
                if (!closing_.load(std::memory_order_relaxed)) {
                    failed_.store(error.value(), std::memory_order_relaxed);
                    ::shutdown(accepting_.native_handle(), SHUT_RD);
                }
                break;
            }
            // Before its task, which may end the connection: the client then counts it at once.
            accepted_.fetch_add(1, std::memory_order_relaxed);
            running_.add(1);
            start(serve(std::move(accepted)));
        }
        running_.done();
    }

    task<> serve(tcp_socket connection) {
        error_code unseen;  // a connection that breaks is the client's to report
        connection.set_option(tcp::no_delay(true), unseen);
        co_await service_(connection);
        connection.close(unseen);
        running_.done();
    }

    task<> all_ended() { co_await running_.wait(); }

    Service service_;
    asio::basic_socket_acceptor<tcp, executor> accepting_{pool_of_run::get_executor(),
                                                          on_loopback(0)};
    wait_group running_;  // the one that accepts, and every connection
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<bool> closing_{false};
    std::atomic<int> failed_{0};
};

template <class Service>
using loaded_coroutine_server =
    suite::fanout::loaded_server<blocking_stream, coroutine_server<Service>>;

/// Sends back what comes until the peer's end, and calls `before` with it each time in between.
template <class Before>
task<> send_back(tcp_socket& connection, Before before) {
    std::array<std::byte, suite::fanout::echo_bytes> message;
    for (;;) {
        const auto [ended, got] =
            co_await connection.async_read_some(asio::buffer(message), as_result);
        if (ended) {
            co_return;
        }
        before(std::span(message).first(got));
        const auto [broken, sent] =
            co_await asio::async_write(connection, asio::buffer(message.data(), got), as_result);
        if (broken) {
            co_return;
        }
    }
}

struct echo_coroutine {
    task<> operator()(tcp_socket& connection) const {
        return send_back(connection, [](std::span<std::byte>) {});
    }
};

struct stalling_coroutine {
    task<> operator()(tcp_socket& connection) const {
        return send_back(connection,
                         [server = server, mine = server->of_connection()](
                             std::span<std::byte>) mutable { server->compute_if_due(mine); });
    }

    suite::fanout::stalling* server = nullptr;
};

struct end_at_once {
    task<> operator()(tcp_socket&) const { co_return; }
};

}  // namespace contender
