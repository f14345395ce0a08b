// Listening, dialling, and the forms that throw.
#include <weft/net.hpp>

#include "net/address.hpp"
#include "net/operation.hpp"
#include "platform/epoll.hpp"

#include <weft/error.hpp>

#include <new>
#include <optional>

namespace weft::net {

namespace {

using weft::detail::socket_handle;
using weft::detail::throw_net_error;

// A connection to a free port of one's own range can meet itself: the system opens it to the very
// port it was given as its own. Then nobody listens there.
constexpr int self_connections_max = 3;

std::error_code system_error(int error) noexcept {
    return {error, std::system_category()};
}

/// A socket for `address`, or none and why.
socket_handle open_socket(const platform::socket_address& address, std::error_code& ec) {
    const int number = platform::make_socket(address.family());
    if (number < 0) {
        ec = system_error(-number);
        return {};
    }
    try {
        sched::poll_descriptor& fresh = sched::poll_descriptor::open(number);
        return {fresh, fresh.generation()};
    } catch (const std::bad_alloc&) {
        platform::close_descriptor(number);
        ec = system_error(ENOMEM);
        return {};
    }
}

/// Connects, without blocking its caller: -EAGAIN is to be called again.
class connecting {
public:
    explicit connecting(const platform::socket_address& address) noexcept : address_(address) {}
    std::int64_t operator()(int number, std::int64_t& retry_ns) noexcept {
        if (begun_) {
            return platform::connection_state(number);
        }
        const int error = platform::begin_connect(number, address_);
        if (error == -EAGAIN) {
            retry_ns = platform::now_ns() + pause_ns_;
            pause_ns_ = std::min(2 * pause_ns_, pause_max_ns);
        }
        begun_ = error == -EINPROGRESS;
        return begun_ ? -EAGAIN : error;
    }

private:
    // A Unix listener whose queue is full refuses for now, and no event tells when it has room.
    static constexpr std::int64_t pause_max_ns = 100'000'000;
    const platform::socket_address& address_;
    std::int64_t pause_ns_ = 1'000'000;
    bool begun_ = false;
};

/// One attempt. The context's end sets a write deadline that has passed, in a goroutine that may
/// run late: it holds a generation and not the socket.
socket_handle connect_once(const context& ctx, const platform::socket_address& address,
                           std::error_code& ec) {
    socket_handle socket = open_socket(address, ec);
    if (ec) {
        return {};
    }
    stop_func stop;
    if (ctx.done()) {
        stop = after_func(ctx, [where = socket.descriptor(), generation = socket.generation()] {
            const socket_use use(where, generation);
            if (use) {
                where->set_deadline(sched::io_direction::write, 0);
            }
        });
    }
    const auto error = static_cast<int>(-perform(socket.descriptor(), socket.generation(),
                                                 sched::io_direction::write, connecting(address)));
    if (ctx.done() && !stop()) {
        ec = ctx.err();  // even if connected: the deadline may yet be set
        return {};
    }
    ec = system_error(error);
    return error == 0 ? std::move(socket) : socket_handle();
}

}  // namespace

stream stream::dial(const context& ctx, std::string_view address, std::error_code& ec) {
    if (!ctx) {
        throw panic("nil context");
    }
    const std::optional<platform::socket_address> parsed = parse_address(address);
    ec = parsed ? ctx.err() : std::make_error_code(std::errc::invalid_argument);
    if (ec) {
        return {};
    }
    const bool can_meet_itself = parsed->family() != AF_UNIX;
    for (int attempt = 0; attempt < self_connections_max; ++attempt) {
        socket_handle socket = connect_once(ctx, *parsed, ec);
        if (ec) {
            return {};
        }
        if (!can_meet_itself || socket.local_address() != socket.peer_address()) {
            return stream(std::move(socket));
        }
    }
    ec = std::make_error_code(std::errc::connection_refused);
    return {};
}

stream stream::dial(const context& ctx, std::string_view address) {
    std::error_code ec;
    stream connected = dial(ctx, address, ec);
    if (ec) {
        throw_net_error(ec, "dial");
    }
    return connected;
}

std::size_t stream::read_some(std::span<std::byte> into, std::error_code& ec) {
    const weft::detail::memory_range range{into.data(), into.size()};
    return detail::report(ec, socket_.receive(&range, into.empty() ? 0 : 1));
}

std::size_t stream::read_some(std::span<std::byte> into) {
    std::error_code ec;
    const std::size_t bytes = read_some(into, ec);
    if (ec) {
        throw_net_error(ec, "read");
    }
    return bytes;
}

std::size_t stream::write_some(std::span<const std::byte> from, std::error_code& ec) {
    const weft::detail::memory_range range{const_cast<std::byte*>(from.data()), from.size()};
    return detail::report(ec, socket_.transmit(&range, from.empty() ? 0 : 1));
}

std::size_t stream::write_some(std::span<const std::byte> from) {
    std::error_code ec;
    const std::size_t bytes = write_some(from, ec);
    if (ec) {
        throw_net_error(ec, "write");
    }
    return bytes;
}

void stream::shutdown(shutdown_type how, std::error_code& ec) {
    int direction = SHUT_RDWR;
    if (how == shutdown_type::receive) {
        direction = SHUT_RD;
    } else if (how == shutdown_type::send) {
        direction = SHUT_WR;
    }
    ec = system_error(socket_.shut_down(direction));
}

void stream::shutdown(shutdown_type how) {
    std::error_code ec;
    shutdown(how, ec);
    if (ec) {
        throw_net_error(ec, "shutdown");
    }
}

listener& listener::operator=(listener&& other) noexcept {
    if (this != &other) {
        close();
        socket_ = std::move(other.socket_);
        address_ = std::move(other.address_);
    }
    return *this;
}

listener listener::listen(std::string_view address, std::error_code& ec) {
    const std::optional<platform::socket_address> parsed = parse_address(address);
    if (!parsed) {
        ec = std::make_error_code(std::errc::invalid_argument);
        return {};
    }
    ec.clear();
    socket_handle socket = open_socket(*parsed, ec);
    if (ec) {
        return {};
    }
    const int error = -platform::listen_at(socket.descriptor()->number(), *parsed);
    if (error != 0) {
        ec = system_error(error);
        return {};
    }
    std::string taken = socket.local_address();
    return {std::move(socket), std::move(taken)};
}

listener listener::listen(std::string_view address) {
    std::error_code ec;
    listener listening = listen(address, ec);
    if (ec) {
        throw_net_error(ec, "listen");
    }
    return listening;
}

stream listener::accept(std::error_code& ec) {
    int error = 0;
    socket_handle socket = socket_.accept(error);
    ec = system_error(error);
    return stream(std::move(socket));
}

stream listener::accept() {
    std::error_code ec;
    stream accepted = accept(ec);
    if (ec) {
        throw_net_error(ec, "accept");
    }
    return accepted;
}

void listener::close() noexcept {
    if (socket_.close()) {
        if (const std::string file = file_of(address_); !file.empty()) {
            platform::remove_file(file);
        }
    }
}

}  // namespace weft::net
