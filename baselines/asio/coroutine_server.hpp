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
    explicit blocking_stream(std::uint16_t port) : socket_(pool_of_run::get_executor()) {
        socket_.connect(on_loopback(port));
        socket_.set_option(tcp::no_delay(true));
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
    tcp_socket socket_;
};

/// `Service` has `static task<> serve(tcp_socket&)`. The destructor waits until every connection
/// has ended, which is the clients' to do.
template <class Service>
class coroutine_server {
public:
    coroutine_server() {
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
        co_await Service::serve(connection);
        connection.close(unseen);
        running_.done();
    }

    task<> all_ended() { co_await running_.wait(); }

    asio::basic_socket_acceptor<tcp, executor> accepting_{pool_of_run::get_executor(),
                                                          on_loopback(0)};
    wait_group running_;  // the one that accepts, and every connection
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<bool> closing_{false};
    std::atomic<int> failed_{0};
};

/// The server and the clients that are connected to it, from one repetition to the next.
template <class Service>
class loaded_coroutine_server {
public:
    loaded_coroutine_server(const suite::settings& run, std::int64_t connections)
        : load_(suite::fanout::with_cause(server_, [&] {
              return suite::fanout::load_order(blocking_stream(run.service.value().port),
                                               *run.service, server_.port(), connections);
          })) {}

    suite::fanout::load_report run(suite::meter& stopwatch, const std::string& order) {
        return suite::fanout::with_cause(server_, [&] { return load_.run(stopwatch, order); });
    }
    std::uint64_t accepted() const { return server_.accepted(); }

private:
    coroutine_server<Service> server_;
    suite::fanout::load_order<blocking_stream> load_;
};

struct echo_coroutine {
    static task<> serve(tcp_socket& connection) {
        std::array<std::byte, suite::fanout::echo_bytes> message;
        for (;;) {
            const auto [ended, got] =
                co_await connection.async_read_some(asio::buffer(message), as_result);
            if (ended) {
                co_return;
            }
            const auto [broken, sent] = co_await asio::async_write(
                connection, asio::buffer(message.data(), got), as_result);
            if (broken) {
                co_return;
            }
        }
    }
};

struct end_at_once {
    static task<> serve(tcp_socket&) { co_return; }
};

}  // namespace contender
