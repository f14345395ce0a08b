// The owner of a socket, and what moves bytes through it.
#pragma once

#include <weft/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

namespace weft::sched {
class poll_descriptor;
}

namespace weft::detail {

/// Memory to be filled or sent.
struct memory_range {
    void* data = nullptr;
    std::size_t size = 0;
};

/// Ranges that go into one system call.
inline constexpr std::size_t ranges_max = 64;

/// `error` is an errno value, or 0; ECANCELED when the socket was closed, ETIMEDOUT when the
/// deadline had passed.
struct transfer {
    std::size_t bytes = 0;
    int error = 0;
};

/// Owns one socket, or none. All but moving and destroying may be used from any thread at the same
/// time.
class socket_handle {
public:
    socket_handle() noexcept = default;
    socket_handle(sched::poll_descriptor& owned, std::uint32_t generation) noexcept
        : where_(&owned), generation_(generation) {}
    socket_handle(socket_handle&& other) noexcept
        : where_(std::exchange(other.where_, nullptr)), generation_(other.generation_) {}
    socket_handle& operator=(socket_handle&& other) noexcept;
    ~socket_handle() { close(); }

    bool is_open() const noexcept;
    /// False when there was nothing to close.
    bool close() noexcept;

    transfer receive(const memory_range* ranges, std::size_t count) const;
    transfer transmit(const memory_range* ranges, std::size_t count) const;
    /// A socket of the next connection; owns none when there is an error.
    socket_handle accept(int& error) const;
    /// 0 or an errno value. `how` is one of SHUT_RD, SHUT_WR, SHUT_RDWR.
    int shut_down(int how) const noexcept;
    void set_read_deadline(time_point t) const noexcept;
    void set_write_deadline(time_point t) const noexcept;
    std::string local_address() const;
    std::string peer_address() const;

    sched::poll_descriptor* descriptor() const noexcept { return where_; }
    std::uint32_t generation() const noexcept { return generation_; }

private:
    sched::poll_descriptor* where_ = nullptr;
    std::uint32_t generation_ = 0;
};

/// Throws resource_error where the system has run out of something, else std::system_error.
[[noreturn]] void throw_net_error(std::error_code error, const char* operation);

}  // namespace weft::detail
