// A TCP connection that blocks its thread.
#pragma once

#include <cstddef>
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
    int descriptor_;
};

}  // namespace contender
