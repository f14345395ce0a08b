// Channels.
#pragma once

#include <weft/detail/chan_buffer.hpp>

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

namespace weft {

/// The empty value, for `chan<unit>`.
struct unit {
    /// There is but one value.
    friend constexpr bool operator==(unit, unit) noexcept = default;
};

/// What `try_recv` found. `closed` is said only when the channel is drained, too.
enum class recv_status { success, empty, closed };

template <class T>
class chan;
template <class T>
class send_chan;
template <class T>
class recv_chan;

namespace detail {

template <class T>
class recv_iterator;

/// A counted reference to a channel; null is the nil channel.
template <class T>
class chan_handle {
public:
    using buffer = chan_buffer<carrier<T>>;

    chan_handle() noexcept = default;
    /// Takes over one reference.
    explicit chan_handle(buffer* owned) noexcept : buffer_(owned) {}
    chan_handle(const chan_handle& other) noexcept : buffer_(other.buffer_) {
        if (buffer_ != nullptr) {
            buffer_->add_reference();
        }
    }
    chan_handle(chan_handle&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
    chan_handle& operator=(chan_handle other) noexcept {
        std::swap(buffer_, other.buffer_);
        return *this;
    }
    ~chan_handle() {
        if (buffer_ != nullptr) {
            buffer_->drop_reference();
        }
    }

    /// Whether this is not the nil channel.
    explicit operator bool() const noexcept { return buffer_ != nullptr; }
    /// Values in the buffer. May be out of date when it returns.
    std::size_t len() const noexcept { return buffer_ == nullptr ? 0 : buffer_->len(); }
    /// Places of the buffer; 0 when unbuffered or nil.
    std::size_t cap() const noexcept { return buffer_ == nullptr ? 0 : buffer_->cap(); }
    /// For select; null for the nil channel.
    buffer* core() const noexcept { return buffer_; }

protected:
    friend class recv_iterator<T>;
    void send_value(T value) const;
    bool try_send_value(T& value) const;
    /// Inlined into the caller's frame, and copied in parts: see chan_buffer::receive.
    [[gnu::always_inline]] std::optional<T> recv_value() const {
        std::optional<T> out;
        recv_into(out);
        if constexpr (std::is_trivially_copyable_v<T>) {
            return out.has_value() ? std::optional<T>(*out) : std::nullopt;
        } else {
            return out;
        }
    }
    void recv_into(std::optional<T>& out) const;
    recv_status try_recv_value(T& out) const;
    void close_channel() const;

private:
    buffer* buffer_ = nullptr;
};

/// Receives until the channel is closed; takes nothing ahead.
template <class T>
class recv_iterator {
public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    recv_iterator() = default;
    explicit recv_iterator(const chan_handle<T>* from) : from_(from) { from_->recv_into(value_); }
    T&& operator*() const { return std::move(*value_); }
    recv_iterator& operator++() {
        value_.reset();  // what the last round held is gone before the next one waits
        from_->recv_into(value_);
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const recv_iterator& it, std::default_sentinel_t) {
        return !it.value_.has_value();
    }

private:
    const chan_handle<T>* from_ = nullptr;
    mutable std::optional<T> value_;
};

}  // namespace detail

/// The sending end of a channel.
template <class T>
class send_chan : public detail::chan_handle<T> {
public:
    using value_type = T;  ///< what the channel carries
    using detail::chan_handle<T>::chan_handle;
    /// A channel converts to its sending end, never back.
    send_chan(const chan<T>& both) : detail::chan_handle<T>(both) {}

    /// Blocks until the value is received or buffered; for ever on the nil channel. Throws
    /// `panic` "send on closed channel". Synchronizes with the receive that takes the value.
    void send(T value) const { this->send_value(std::move(value)); }
    /// Sends if that is possible at once; what was not sent is still the caller's. Throws as
    /// `send`.
    bool try_send(T& value) const { return this->try_send_value(value); }
    /// Throws `panic` "close of closed channel" or "close of nil channel". Synchronizes with a
    /// receive that finds the channel closed.
    void close() const { this->close_channel(); }
};

/// The receiving end of a channel.
template <class T>
class recv_chan : public detail::chan_handle<T> {
public:
    using value_type = T;  ///< what the channel carries
    using detail::chan_handle<T>::chan_handle;
    /// A channel converts to its receiving end, never back.
    recv_chan(const chan<T>& both) : detail::chan_handle<T>(both) {}

    /// Blocks until there is a value; empty exactly when the channel is closed and drained. For
    /// ever on the nil channel.
    [[gnu::always_inline]] std::optional<T> recv() const { return this->recv_value(); }
    /// Never blocks; touches `out` on `success` only.
    recv_status try_recv(T& out) const { return this->try_recv_value(out); }
    /// For `for (T v : ch)`: receives until the channel is closed and drained, and takes nothing
    /// ahead. Waits as `recv`.
    ///@{
    auto begin() const { return detail::recv_iterator<T>(this); }
    std::default_sentinel_t end() const { return {}; }
    ///@}
};

/// A handle of a channel; the channel lives as long as a handle of it, in either direction. Copying
/// copies the handle. Default-constructed it is the nil channel, on which everything blocks for
/// ever. All operations may be used from any thread at the same time.
template <class T>
class chan : public detail::chan_handle<T> {
public:
    using value_type = T;  ///< what the channel carries
    using detail::chan_handle<T>::chan_handle;

    /// As in `send_chan`.
    ///@{
    void send(T value) const { this->send_value(std::move(value)); }
    bool try_send(T& value) const { return this->try_send_value(value); }
    void close() const { this->close_channel(); }
    ///@}
    /// As in `recv_chan`.
    ///@{
    [[gnu::always_inline]] std::optional<T> recv() const { return this->recv_value(); }
    recv_status try_recv(T& out) const { return this->try_recv_value(out); }
    auto begin() const { return detail::recv_iterator<T>(this); }
    std::default_sentinel_t end() const { return {}; }
    ///@}
};

/// Handles are equal when they are handles of one channel, whatever their direction.
template <class T>
bool operator==(const detail::chan_handle<T>& a, const detail::chan_handle<T>& b) noexcept {
    return a.core() == b.core();
}

/// A channel with exactly `cap` slots, unbuffered with none. Throws `panic` "makechan: size out of
/// range" when there is no memory for that many.
template <class T>
chan<T> make_chan(std::size_t cap = 0) {
    static_assert(std::is_move_constructible_v<T>, "a channel's element must be movable");
    return chan<T>(detail::chan_handle<T>::buffer::create(cap));
}

namespace detail {

template <class T>
void chan_handle<T>::send_value(T value) const {
    if (buffer_ == nullptr) [[unlikely]] {
        wait_for_ever(wait_reason::chan_send_nil);
    }
    if constexpr (std::is_same_v<carrier<T>, T>) {
        buffer_->send(value);
    } else {
        carrier<T> packed = pack(value);
        buffer_->send(packed);
    }
}

template <class T>
bool chan_handle<T>::try_send_value(T& value) const {
    if (buffer_ == nullptr) {
        return false;
    }
    attempt result{};
    if constexpr (std::is_same_v<carrier<T>, T>) {
        result = buffer_->try_send(value);
    } else {
        buffer_->require_inside(send_from_outside);
        if (buffer_->send_would_block()) {
            return false;
        }
        carrier<T> packed = pack(value);
        result = buffer_->try_send(packed);
        if (packed != nullptr) {
            value = std::move(*packed);
        }
    }
    switch (result) {
        case attempt::done:
            return true;
        case attempt::closed:
            throw_send_on_closed();
        case attempt::would_block:
            break;
    }
    return false;
}

template <class T>
void chan_handle<T>::recv_into(std::optional<T>& out) const {
    if (buffer_ == nullptr) [[unlikely]] {
        wait_for_ever(wait_reason::chan_receive_nil);
    }
    if constexpr (std::is_same_v<carrier<T>, T>) {
        buffer_->receive(out);
    } else {
        std::optional<carrier<T>> packed;
        buffer_->receive(packed);
        if (packed) {
            out.emplace(std::move(**packed));
        }
    }
}

template <class T>
recv_status chan_handle<T>::try_recv_value(T& out) const {
    if (buffer_ == nullptr) {
        return recv_status::empty;
    }
    std::optional<carrier<T>> received;
    switch (buffer_->try_receive(received)) {
        case attempt::done:
            if constexpr (std::is_same_v<carrier<T>, T>) {
                out = std::move(*received);
            } else {
                out = std::move(**received);
            }
            return recv_status::success;
        case attempt::closed:
            return recv_status::closed;
        case attempt::would_block:
            break;
    }
    return recv_status::empty;
}

template <class T>
void chan_handle<T>::close_channel() const {
    if (buffer_ == nullptr) {
        throw_close_of_nil();
    }
    buffer_->close();
}

}  // namespace detail

}  // namespace weft

template <class T>
struct std::hash<weft::chan<T>> {
    std::size_t operator()(const weft::chan<T>& c) const noexcept {
        return std::hash<const void*>{}(c.core());
    }
};
template <class T>
struct std::hash<weft::send_chan<T>> {
    std::size_t operator()(const weft::send_chan<T>& c) const noexcept {
        return std::hash<const void*>{}(c.core());
    }
};
template <class T>
struct std::hash<weft::recv_chan<T>> {
    std::size_t operator()(const weft::recv_chan<T>& c) const noexcept {
        return std::hash<const void*>{}(c.core());
    }
};
