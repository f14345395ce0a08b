// The part of a channel that moves elements.
#pragma once

#include <weft/detail/chan_core.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <type_traits>

namespace weft::detail {

/// What travels through a channel of `T`: `T` itself where moving it cannot throw; else `T` in a
/// box, so that only the two ends of the journey can throw, each to the caller whose operation it
/// is.
template <class T>
using carrier = std::conditional_t<std::is_nothrow_move_constructible_v<T>, T, std::unique_ptr<T>>;

/// Moves from `value`.
template <class T>
carrier<T> pack(T& value) {
    if constexpr (std::is_same_v<carrier<T>, T>) {
        return std::move(value);
    } else {
        return std::make_unique<T>(std::move(value));
    }
}

template <class T>
std::optional<T> unpack(std::optional<carrier<T>>&& packed) {
    if constexpr (std::is_same_v<carrier<T>, T>) {
        return std::move(packed);
    } else {
        return packed ? std::optional<T>(std::move(**packed)) : std::nullopt;
    }
}

enum class attempt : std::uint8_t { done, would_block, closed };

/// What only the channels of timers carry.
using due_time = std::chrono::steady_clock::time_point;

/// A receiver found nothing in the channel of a timer, which may be due and not have fired yet.
attempt receive_due(chan_core& timed, std::optional<due_time>& out) noexcept;

/// A channel's memory: the core, then `capacity` places for elements.
template <class E>
class chan_buffer : public chan_core {
public:
    static chan_buffer* create(std::size_t capacity);
    explicit chan_buffer(std::uint32_t capacity, deleter destroy = &chan_buffer::destroy) noexcept
        : chan_core(capacity, destroy) {}
    ~chan_buffer() {
        while (!empty()) {
            std::destroy_at(place(head()));
            popped();
        }
    }

    /// Blocks until the element is received or buffered. Throws panic when closed.
    void send(E& element);
    /// Fills `out`, which is empty before, and stays so exactly when the channel is closed and
    /// drained. Not returned by value: an optional that was written in parts and is copied as a
    /// whole makes the copy wait until both stores have left the store buffer (measured: 12
    /// cycles).
    void receive(std::optional<E>& out);

    /// An element that was not sent has not been moved from.
    attempt try_send(E& element);
    attempt try_receive(std::optional<E>& out);

    // For select: one attempt under the lock; a waiter that must be made ready once all locks are
    // released comes back in `wake`.
    attempt send_locked(E& element, waiter*& wake);
    attempt receive_locked(std::optional<E>& out, waiter*& wake);

    static std::size_t bytes_for(std::size_t capacity) {
        return first_place() + capacity * sizeof(E);
    }
    static void destroy(chan_core* core) noexcept {
        auto* self = static_cast<chan_buffer*>(core);
        self->~chan_buffer();
        ::operator delete(static_cast<void*>(self), alignment());
    }
    static constexpr std::align_val_t alignment() {
        return std::align_val_t{std::max(alignof(E), alignof(chan_core))};
    }

private:
    static constexpr bool may_be_timed = std::is_same_v<E, due_time>;

    static constexpr std::size_t first_place() {
        return (sizeof(chan_core) + alignof(E) - 1) / alignof(E) * alignof(E);
    }
    E* place(std::uint32_t index) noexcept {
        return std::launder(reinterpret_cast<E*>(reinterpret_cast<std::byte*>(this) +
                                                 first_place() + index * sizeof(E)));
    }
    void put(E& element) noexcept {
        std::construct_at(place(tail()), std::move(element));
        pushed();
    }
    void get(std::optional<E>& out) noexcept {
        E* first = place(head());
        out.emplace(std::move(*first));
        std::destroy_at(first);
        popped();
    }
};

template <class E>
chan_buffer<E>* chan_buffer<E>::create(std::size_t capacity) {
    constexpr std::size_t bytes_max = std::size_t{1} << 47;  // the user half of the address space
    if (capacity > UINT32_MAX - 1 || capacity > (bytes_max - first_place()) / sizeof(E)) {
        throw_size_out_of_range();
    }
    void* memory = ::operator new(bytes_for(capacity), alignment(), std::nothrow);
    if (memory == nullptr) {
        throw_size_out_of_range();
    }
    return new (memory) chan_buffer(static_cast<std::uint32_t>(capacity));
}

template <class E>
void chan_buffer<E>::send(E& element) {
    require_inside(send_from_outside);
    void* self = platform::thread_word();
    lock().lock(self);
    if (closed()) [[unlikely]] {
        lock().unlock();
        throw_send_on_closed();
    }
    if (waiter* receiver = receivers().pop()) {
        lock().unlock();
        static_cast<std::optional<E>*>(receiver->slot)->emplace(std::move(element));
        receiver->delivered = true;
        ready(*receiver->party, self);
        return;
    }
    if (!full()) {
        put(element);
        lock().unlock();
        return;
    }
    if (!wait_to_send(&element, self)) {
        throw_send_on_closed();
    }
}

template <class E>
void chan_buffer<E>::receive(std::optional<E>& out) {
    require_inside(receive_from_outside);
    void* self = platform::thread_word();
    lock().lock(self);
    waiter* sender = nullptr;
    if (receive_locked(out, sender) == attempt::would_block) {
        wait_to_receive(&out, self);
        return;
    }
    lock().unlock();
    if (sender != nullptr) {
        ready(*sender->party, self);
    }
}

template <class E>
attempt chan_buffer<E>::try_send(E& element) {
    require_inside(send_from_outside);
    if (send_would_block()) {
        return attempt::would_block;
    }
    waiter* receiver = nullptr;
    attempt result{};
    {
        const std::lock_guard hold(lock());
        result = send_locked(element, receiver);
    }
    if (receiver != nullptr) {
        ready(*receiver->party);
    }
    return result;
}

template <class E>
attempt chan_buffer<E>::try_receive(std::optional<E>& out) {
    require_inside(receive_from_outside);
    if (!(may_be_timed && timed()) && receive_would_block()) {
        return attempt::would_block;
    }
    waiter* sender = nullptr;
    attempt result{};
    {
        const std::lock_guard hold(lock());
        result = receive_locked(out, sender);
    }
    if (sender != nullptr) {
        ready(*sender->party);
    }
    return result;
}

template <class E>
attempt chan_buffer<E>::send_locked(E& element, waiter*& wake) {
    if (closed()) {
        return attempt::closed;
    }
    if (waiter* receiver = receivers().pop()) {
        static_cast<std::optional<E>*>(receiver->slot)->emplace(std::move(element));
        receiver->delivered = true;
        wake = receiver;
        return attempt::done;
    }
    if (full()) {
        return attempt::would_block;
    }
    put(element);
    return attempt::done;
}

// Inlined, because every receive goes through it, and a call is a good part of what it costs.
template <class E>
[[gnu::always_inline]] inline attempt chan_buffer<E>::receive_locked(std::optional<E>& out,
                                                                     waiter*& wake) {
    if (!empty()) {
        get(out);
        if (waiter* sender = senders().pop()) {  // its value takes the freed place: order is kept
            put(*static_cast<E*>(sender->slot));
            sender->delivered = true;
            wake = sender;
        }
        return attempt::done;
    }
    if (waiter* sender = senders().pop()) {
        out.emplace(std::move(*static_cast<E*>(sender->slot)));
        sender->delivered = true;
        wake = sender;
        return attempt::done;
    }
    if constexpr (may_be_timed) {
        if (timed()) {
            return receive_due(*this, out);
        }
    }
    return closed() ? attempt::closed : attempt::would_block;
}

}  // namespace weft::detail
