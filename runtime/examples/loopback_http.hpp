// As much HTTP as the examples that fetch something need: a server on a free port of this machine
// that answers one GET per connection, and a client that stops when its context ends.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <weft/weft.hpp>

namespace loopback_http {

struct response {
    int status = 0;
    std::string body;
};

inline void write_all(weft::net::stream& to, std::string_view text) {
    while (!text.empty()) {
        text.remove_prefix(to.write_some(std::as_bytes(std::span(text))));
    }
}

/// Reads until `end` is found, or the peer's end when that is empty.
inline std::string read_until(weft::net::stream& from, std::string_view end) {
    std::string text;
    std::array<std::byte, 512> part;
    while (end.empty() || text.find(end) == std::string::npos) {
        const std::size_t bytes = from.read_some(part);
        if (bytes == 0) {
            break;
        }
        text.append(reinterpret_cast<const char*>(part.data()), bytes);
    }
    return text;
}

class server {
public:
    using handler = std::function<response(std::string_view path)>;

    explicit server(handler answer) : answer_(std::move(answer)) {
        accepting_.go([this] {
            std::error_code closed;
            for (auto peer = listener_.accept(closed); !closed; peer = listener_.accept(closed)) {
                connections_.go([this, peer = std::move(peer)]() mutable { serve(peer); });
            }
        });
    }
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server() {
        listener_.close();
        accepting_.wait();
        connections_.wait();
    }
    std::string address() const { return listener_.local_address(); }

private:
    void serve(weft::net::stream& peer) const {
        try {
            const std::string request = read_until(peer, "\r\n\r\n");
            const std::size_t begin = std::min(request.find(' '), request.size() - 1) + 1;
            const auto path = std::string_view(request).substr(begin);
            const response answer = answer_(path.substr(0, path.find(' ')));
            write_all(peer, "HTTP/1.1 " + std::to_string(answer.status) +
                                " -\r\nConnection: close\r\nContent-Length: " +
                                std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body);
        } catch (const std::system_error&) {
            // The client has gone; there is nobody to tell.
        }
    }

    handler answer_;
    weft::net::listener listener_ = weft::net::listener::listen("127.0.0.1:0");
    weft::wait_group accepting_;
    weft::wait_group connections_;
};

/// Throws std::system_error; with the context's `err()` when that has ended.
inline response get(const weft::context& ctx, std::string_view address, std::string_view path) {
    const auto connection =
        std::make_shared<weft::net::stream>(weft::net::stream::dial(ctx, address));
    const auto stop = weft::after_func(ctx, [connection] { connection->close(); });
    try {
        write_all(*connection, "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        const std::string text = read_until(*connection, "");
        stop();
        const std::size_t blank = text.find("\r\n\r\n");
        if (blank == std::string::npos) {
            throw std::system_error(std::make_error_code(std::errc::protocol_error));
        }
        return {std::atoi(text.c_str() + text.find(' ')), text.substr(blank + 4)};
    } catch (const std::system_error&) {
        if (ctx.err()) {
            throw std::system_error(ctx.err());
        }
        throw;
    }
}

}  // namespace loopback_http
