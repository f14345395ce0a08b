#include <weft/detail/socket_handle.hpp>

#include "net/address.hpp"
#include "net/operation.hpp"
#include "platform/epoll.hpp"
#include "sched/bubble.hpp"

#include <weft/error.hpp>

#include <array>
#include <new>

namespace weft::detail {

namespace {

// Running out of descriptors is mostly over in a moment, when some connection has ended; and the
// poller tells nothing of it. So an accept tries again after pauses that double, for as long as a
// caller may reasonably wait for a word.
constexpr std::int64_t first_pause_ns = 5'000'000;
constexpr std::int64_t patience_ns = 1'000'000'000;

bool out_of_resources(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/// Errors of the connection that was next, not of the listener: the next one may be well.
bool lost_connection(int error) noexcept {
    switch (error) {
        case ECONNABORTED:
        case EPROTO:
        case ENOPROTOOPT:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENONET:
        case EPERM:  // forbidden by a firewall's rule
            return true;
        default:
            return false;
    }
}

class accepting {
public:
    std::int64_t operator()(int listening, std::int64_t& retry_ns) noexcept {
        int result = 0;
        do {
            result = platform::accept_from(listening);
        } while (lost_connection(-result));
        if (!out_of_resources(-result)) {
            return result;
        }
        const std::int64_t now = platform::now_ns();
        if (give_up_ns_ == 0) {
            give_up_ns_ = now + patience_ns;
        }
        if (now >= give_up_ns_) {
            return result;
        }
        retry_ns = std::min(now + pause_ns_, give_up_ns_);
        pause_ns_ *= 2;
        return -EAGAIN;
    }

private:
    std::int64_t give_up_ns_ = 0;
    std::int64_t pause_ns_ = first_pause_ns;
};

transfer result_of(std::int64_t result) noexcept {
    return result < 0 ? transfer{0, static_cast<int>(-result)}
                      : transfer{static_cast<std::size_t>(result), 0};
}

/// Waits for `move(number, ranges, count)` to move something.
template <class Move>
transfer transfer_ranges(const socket_handle& socket, sched::io_direction towards,
                         const memory_range* ranges, std::size_t count, Move move) {
    std::array<iovec, ranges_max> places;
    for (std::size_t i = 0; i < count; ++i) {
        places[i] = {ranges[i].data, ranges[i].size};
    }
    return result_of(net::perform(
        socket.descriptor(), socket.generation(), towards,
        [&](int number, std::int64_t&) { return move(number, places.data(), count); }));
}

void set_deadline(const socket_handle& socket, sched::io_direction towards, time_point t) noexcept {
    const std::int64_t since = sched::real_ns(
        std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count());
    const net::socket_use use(socket.descriptor(), socket.generation());
    if (use) {
        socket.descriptor()->set_deadline(towards, t == time_point{} ? sched::no_deadline : since);
    }
}

template <class Ask>
std::string ask_address(const socket_handle& socket, Ask ask) {
    const net::socket_use use(socket.descriptor(), socket.generation());
    platform::socket_address address;
    return use && ask(use.number(), address) == 0 ? net::format_address(address) : std::string();
}

}  // namespace

socket_handle& socket_handle::operator=(socket_handle&& other) noexcept {
    if (this != &other) {
        close();
        where_ = std::exchange(other.where_, nullptr);
        generation_ = other.generation_;
    }
    return *this;
}

bool socket_handle::is_open() const noexcept {
    return static_cast<bool>(net::socket_use(where_, generation_));
}

bool socket_handle::close() noexcept {
    return where_ != nullptr && where_->close(generation_);
}

transfer socket_handle::receive(const memory_range* ranges, std::size_t count) const {
    return count == 0 ? transfer{}
                      : transfer_ranges(*this, sched::io_direction::read, ranges, count,
                                        &platform::receive);
}

transfer socket_handle::transmit(const memory_range* ranges, std::size_t count) const {
    return count == 0 ? transfer{}
                      : transfer_ranges(*this, sched::io_direction::write, ranges, count,
                                        &platform::transmit);
}

socket_handle socket_handle::accept(int& error) const {
    const std::int64_t accepted =
        net::perform(where_, generation_, sched::io_direction::read, accepting());
    error = accepted < 0 ? static_cast<int>(-accepted) : 0;
    if (error != 0) {
        return {};
    }
    const int number = static_cast<int>(accepted);
    try {
        sched::poll_descriptor& fresh = sched::poll_descriptor::open(number);
        return {fresh, fresh.generation()};
    } catch (const std::bad_alloc&) {
        platform::close_descriptor(number);
        error = ENOMEM;
        return {};
    }
}

int socket_handle::shut_down(int how) const noexcept {
    const net::socket_use use(where_, generation_);
    return use ? -platform::shut_down(use.number(), how) : ECANCELED;
}

void socket_handle::set_read_deadline(time_point t) const noexcept {
    set_deadline(*this, sched::io_direction::read, t);
}

void socket_handle::set_write_deadline(time_point t) const noexcept {
    set_deadline(*this, sched::io_direction::write, t);
}

std::string socket_handle::local_address() const {
    return ask_address(*this, &platform::local_address);
}

std::string socket_handle::peer_address() const {
    return ask_address(*this, &platform::peer_address);
}

void throw_net_error(std::error_code error, const char* operation) {
    if (error.category() == std::system_category() && out_of_resources(error.value())) {
        throw resource_error(error, operation);
    }
    throw std::system_error(error, operation);
}

}  // namespace weft::detail
