// TCP connections that block their thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "suites/kit/settings.hpp"

namespace contender {

/// Owns a connected socket; failures throw std::system_error.
class blocking_stream {
public:
    explicit blocking_stream(const suite::server& peer);
    blocking_stream(blocking_stream&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)) {}
    blocking_stream& operator=(blocking_stream&&) = delete;
    ~blocking_stream() { close(); }

    std::size_t read_some(std::span<std::byte> into);
    std::size_t write_some(std::span<const std::byte> from);
    void close() noexcept;

private:
    friend class blocking_listener;
    explicit blocking_stream(int connected);

    int descriptor_;
};

/// Accepts connections on a port of 127.0.0.1 that the system chooses. `close` may be called while
/// another thread is inside `accept`, which then throws.
class blocking_listener {
public:
    blocking_listener();
    ~blocking_listener();
    blocking_listener(const blocking_listener&) = delete;
    blocking_listener& operator=(const blocking_listener&) = delete;

    std::uint16_t port() const;
    blocking_stream accept();
    void close() noexcept;

private:
    int descriptor_;
};

}  // namespace contender
