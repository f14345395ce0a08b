// Stream sockets: TCP over IPv4 and IPv6, and Unix sockets.
//
// Addresses are "127.0.0.1:8080", "[::1]:0" (port 0: any free one), "unix:/path", and "unix:@name"
// for Linux's abstract names. Names are not resolved.
//
// Operations block the goroutine, not the processor; on a plain thread inside `run` they block the
// thread, and outside `run` they throw std::logic_error where they would block. Each comes in two
// forms: with an error code, which it sets or clears, and without, when it throws
// std::system_error (resource_error where the system has run out of descriptors or memory).
//
// | what happened                  | the error is equal to                                        |
// | ------------------------------ | ------------------------------------------------------------ |
// | the deadline has passed        | std::errc::timed_out                                         |
// | closed, here or elsewhere      | std::errc::operation_canceled (Asio's operation_aborted)     |
// | a dial's context ended         | the context's `err()`                                        |
// | malformed address              | std::errc::invalid_argument                                  |
// | the peer's end                 | none, and 0 bytes; for Asio's buffers Asio's eof             |
#pragma once

#include <weft/context.hpp>
#include <weft/detail/socket_handle.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weft::net {

/// The directions that `stream::shutdown` ends.
enum class shutdown_type { receive, send, both };

/// What stands for the end of a stream in an error code's type; see weft/net_asio.hpp.
template <class ErrorCode>
struct end_of_stream;

/// One of Asio's buffers, or something with the same two members.
template <class T>
concept memory_buffer = requires(const T& b) {
    { b.size() } -> std::convertible_to<std::size_t>;
    requires std::same_as<decltype(b.data()), void*> ||
        std::same_as<decltype(b.data()), const void*>;
};

/// Asio's ConstBufferSequence, and where all are writable its MutableBufferSequence.
template <class T>
concept buffer_sequence = memory_buffer<T> || requires(const T& s) {
    { *s.begin() } -> memory_buffer;
    { s.begin() != s.end() } -> std::convertible_to<bool>;
};

namespace detail {

/// The non-empty buffers of a sequence, as many as go into one call.
class gathered {
public:
    template <buffer_sequence Buffers>
    explicit gathered(const Buffers& buffers) {
        if constexpr (memory_buffer<Buffers>) {
            add(buffers);
        } else {
            const auto end = buffers.end();
            for (auto it = buffers.begin(); it != end && count_ < ranges_.size(); ++it) {
                add(*it);
            }
        }
    }
    const weft::detail::memory_range* data() const noexcept { return ranges_.data(); }
    std::size_t size() const noexcept { return count_; }

private:
    template <class Buffer>
    void add(const Buffer& b) {
        if (b.size() != 0) {
            ranges_[count_] = {const_cast<void*>(static_cast<const void*>(b.data())), b.size()};
            ++count_;
        }
    }
    std::array<weft::detail::memory_range, weft::detail::ranges_max> ranges_;
    std::size_t count_ = 0;
};

/// Sets `ec` to an errno value. A default-made code is of the system's category in the standard
/// library and in Boost.
template <class ErrorCode>
std::size_t report(ErrorCode& ec, weft::detail::transfer done) {
    ec.assign(done.error, ErrorCode().category());
    return done.bytes;
}

}  // namespace detail

/// A connection. Movable only; destroying it closes it. Reads, writes, `shutdown`, deadlines and
/// `close` may be called from any thread at the same time; several readers, or writers, take turns
/// in no particular order. Default-constructed it is as if closed. Models Asio's SyncReadStream and
/// SyncWriteStream.
class stream {
public:
    stream() noexcept = default;

    /// Connects; ends with `ctx.err()` when `ctx` ends first. TCP connections have no Nagle delay.
    ///@{
    static stream dial(const context& ctx, std::string_view address, std::error_code& ec);
    static stream dial(const context& ctx, std::string_view address);
    ///@}

    /// Blocks until at least one byte is there; returns how many. 0 without an error is the peer's
    /// end, or an empty span.
    ///@{
    std::size_t read_some(std::span<std::byte> into, std::error_code& ec);
    std::size_t read_some(std::span<std::byte> into);
    ///@}
    /// Blocks until at least one byte could be sent; returns how many.
    ///@{
    std::size_t write_some(std::span<const std::byte> from, std::error_code& ec);
    std::size_t write_some(std::span<const std::byte> from);
    ///@}

    /// The same for Asio's buffer sequences; the peer's end is Asio's eof then.
    ///@{
    template <buffer_sequence Buffers, class ErrorCode>
    std::size_t read_some(const Buffers& into, ErrorCode& ec);
    template <buffer_sequence Buffers>
    std::size_t read_some(const Buffers& into);
    template <buffer_sequence Buffers, class ErrorCode>
    std::size_t write_some(const Buffers& from, ErrorCode& ec);
    template <buffer_sequence Buffers>
    std::size_t write_some(const Buffers& from);
    ///@}

    /// Operations fail from then on, those that wait included; `time_point{}` lifts the deadline.
    ///@{
    void set_deadline(time_point t) {
        set_read_deadline(t);
        set_write_deadline(t);
    }
    void set_read_deadline(time_point t) { socket_.set_read_deadline(t); }
    void set_write_deadline(time_point t) { socket_.set_write_deadline(t); }
    ///@}

    /// Ends one direction: the peer reads the end, or here nothing more is read.
    ///@{
    void shutdown(shutdown_type how, std::error_code& ec);
    void shutdown(shutdown_type how);
    ///@}
    /// Wakes who waits in an operation. Never fails; does nothing the second time.
    void close() noexcept { socket_.close(); }
    /// False once `close` was called.
    bool is_open() const noexcept { return socket_.is_open(); }

    /// Empty once closed; "unix:" for a Unix socket without a name.
    ///@{
    std::string local_address() const { return socket_.local_address(); }
    std::string peer_address() const { return socket_.peer_address(); }
    ///@}

private:
    friend class listener;
    explicit stream(weft::detail::socket_handle&& socket) noexcept : socket_(std::move(socket)) {}

    weft::detail::socket_handle socket_;
};

/// Accepts connections. Movable only; destroying it closes it. `accept` and `close` may be called
/// from any thread at the same time. Default-constructed it is as if closed.
class listener {
public:
    listener() noexcept = default;
    /// What is assigned over is closed.
    ///@{
    listener(listener&& other) noexcept = default;
    listener& operator=(listener&& other) noexcept;
    ///@}
    ~listener() { close(); }

    /// Binds `address` and lets connections come; they wait in the system's queue for `accept`.
    ///@{
    static listener listen(std::string_view address, std::error_code& ec);
    static listener listen(std::string_view address);
    ///@}

    /// Blocks until there is a connection. When the process or the system is out of descriptors or
    /// memory it tries again for about a second before it says so; the connection that it could
    /// not take stays in the system's queue, and the next call tries again at once.
    ///@{
    stream accept(std::error_code& ec);
    stream accept();
    ///@}

    /// With the port that was really taken; stays after close.
    std::string local_address() const { return address_; }
    /// Wakes who waits in `accept`; removes a Unix socket's path. Does nothing the second time.
    void close() noexcept;
    /// False once `close` was called.
    bool is_open() const noexcept { return socket_.is_open(); }

private:
    listener(weft::detail::socket_handle&& socket, std::string address) noexcept
        : socket_(std::move(socket)), address_(std::move(address)) {}

    weft::detail::socket_handle socket_;
    std::string address_;
};

/// The same by the names of what they are mostly used for.
///@{
using tcp_listener = listener;
using tcp_stream = stream;
///@}

template <buffer_sequence Buffers, class ErrorCode>
std::size_t stream::read_some(const Buffers& into, ErrorCode& ec) {
    const detail::gathered ranges(into);
    const weft::detail::transfer done = socket_.receive(ranges.data(), ranges.size());
    if (done.bytes == 0 && done.error == 0 && ranges.size() != 0) {
        ec = end_of_stream<ErrorCode>::error();
        return 0;
    }
    return detail::report(ec, done);
}

template <buffer_sequence Buffers>
std::size_t stream::read_some(const Buffers& into) {
    std::error_code ec;
    const std::size_t bytes = read_some(into, ec);
    if (ec) {
        weft::detail::throw_net_error(ec, "read");
    }
    return bytes;
}

template <buffer_sequence Buffers, class ErrorCode>
std::size_t stream::write_some(const Buffers& from, ErrorCode& ec) {
    const detail::gathered ranges(from);
    return detail::report(ec, socket_.transmit(ranges.data(), ranges.size()));
}

template <buffer_sequence Buffers>
std::size_t stream::write_some(const Buffers& from) {
    std::error_code ec;
    const std::size_t bytes = write_some(from, ec);
    if (ec) {
        weft::detail::throw_net_error(ec, "write");
    }
    return bytes;
}

}  // namespace weft::net

#if __has_include(<boost/asio/error.hpp>)
#include <weft/net_asio.hpp>
#endif
