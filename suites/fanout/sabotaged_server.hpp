// For tests: a contender of threads and blocking sockets whose server has one fault, and a load
// generator in this process.
#pragma once

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "suites/fanout/load_session.hpp"
#include "suites/fanout/poller.hpp"
#include "suites/kit/saboteur.hpp"

namespace suite::fanout::testing {

enum class fault {
    none,
    alters,   // the tenth thing that is written has a bit changed
    drops,    // it is not written
    repeats,  // it is written twice
    breaks,   // the connection is reset instead of it
    speaks,   // something is written before a connection is closed
    refuses,  // accepting fails at the third connection
    invites   // a stranger is connected to the server
};

template <fault Fault>
class sabotaged_stream {
public:
    explicit sabotaged_stream(descriptor socket) : socket_(std::move(socket)) {}

    std::size_t read_some(std::span<std::byte> into) {
        return static_cast<std::size_t>(
            require_success(::recv(socket_.get(), into.data(), into.size(), 0), "recv"));
    }

    std::size_t write_some(std::span<const std::byte> from) {
        if (++written_ == 10) {
            if (Fault == fault::alters) {
                std::vector<std::byte> other(from.begin(), from.end());
                other.back() ^= std::byte{1};
                return send(other);
            }
            if (Fault == fault::drops) {
                return from.size();
            }
            if (Fault == fault::repeats) {
                send(from);
            }
            if (Fault == fault::breaks) {
                const linger at_once{1, 0};
                ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
                throw std::runtime_error("the connection is to be reset");
            }
        }
        return send(from);
    }

    void close() {
        if (Fault == fault::speaks && socket_.get() >= 0) {
            send(std::as_bytes(std::span("!")));
        }
        socket_.close();
    }

private:
    std::size_t send(std::span<const std::byte> from) {
        return static_cast<std::size_t>(
            require_success(::send(socket_.get(), from.data(), from.size(), MSG_NOSIGNAL), "send"));
    }

    descriptor socket_;
    int written_ = 0;
};

template <fault Fault>
class sabotaged_listener {
public:
    sabotaged_listener() {
        if (Fault == fault::invites) {
            stranger_ = connect_to_loopback(port());
        }
    }

    std::uint16_t port() const { return port_of(listening_); }

    sabotaged_stream<Fault> accept() {
        if (Fault == fault::refuses && ++accepted_ == 3) {
            throw std::system_error(std::make_error_code(std::errc::too_many_files_open), "accept");
        }
        return sabotaged_stream<Fault>(descriptor(
            require_success(::accept4(listening_.get(), nullptr, nullptr, 0), "accept")));
    }

    void close() {
        ::shutdown(listening_.get(), SHUT_RDWR);
        ::shutdown(stranger_.get(), SHUT_RDWR);
    }

private:
    descriptor listening_ = listen_on_loopback();
    descriptor stranger_;
    int accepted_ = 0;
};

template <fault Fault>
struct serving_saboteur : suite::testing::saboteur<> {
    static sabotaged_listener<Fault> listen() { return {}; }

    // What it says to the load generator is not sabotaged.
    static sabotaged_stream<fault::none> connect(const server& peer) {
        const sockaddr_in address = loopback_address(peer.port);
        descriptor socket(require_success(::socket(AF_INET, SOCK_STREAM, 0), "socket"));
        require_success(
            ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            "connect");
        return sabotaged_stream<fault::none>(std::move(socket));
    }
};

/// Serves one contender after the other on a thread of its own.
class load_generator {
public:
    load_generator() : thread_([this] { serve(); }) {}
    ~load_generator() {
        ending_.store(true);
        ::shutdown(listening_.get(), SHUT_RDWR);
        thread_.join();
    }

    server address() const { return {"127.0.0.1", port_of(listening_), "t0ken"}; }

private:
    void serve() {
        for (;;) {
            const int control = ::accept4(listening_.get(), nullptr, nullptr, 0);
            if (control < 0 && ending_.load()) {
                return;
            }
            load_session(descriptor(control), "t0ken", never_.get()).serve();
        }
    }

    descriptor listening_ = listen_on_loopback();
    descriptor never_{eventfd(0, 0)};
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

}  // namespace suite::fanout::testing
