// The cases of a select, with their element types and handlers.
#pragma once

#include <weft/chan.hpp>
#include <weft/detail/select_core.hpp>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft::detail {

struct no_handler {};

template <class Handler, class... Args>
void call_handler(Handler& handler, Args&&... args) {
    if constexpr (!std::is_same_v<Handler, no_handler>) {
        if constexpr (std::is_invocable_v<Handler&, Args...>) {
            static_cast<void>(handler(std::forward<Args>(args)...));
        } else {
            static_cast<void>(handler());
        }
    }
}

template <class T, class Handler>
class recv_case : public select_case {
public:
    static constexpr bool is_channel = true;
    recv_case(recv_chan<T> from, Handler handler)
        : from_(std::move(from)), handler_(std::move(handler)) {}

    const chan_core* channel() const noexcept { return from_.core(); }
    void prepare() noexcept {
        received_.reset();
        bind(from_.core(), direction::receive, &received_, &attempt_receive);
    }
    void finish() { call_handler(handler_, unpack<T>(std::move(received_))); }

private:
    static attempt attempt_receive(select_case& self, waiter*& wake) {
        auto& mine = static_cast<recv_case&>(self);
        return mine.from_.core()->receive_locked(mine.received_, wake);
    }
    recv_chan<T> from_;
    [[no_unique_address]] Handler handler_;
    std::optional<carrier<T>> received_;
};

template <class T, class Handler>
class send_case : public select_case {
public:
    static constexpr bool is_channel = true;
    send_case(send_chan<T> to, T&& value, Handler handler)
        : to_(std::move(to)), handler_(std::move(handler)), value_(pack(value)) {}

    const chan_core* channel() const noexcept { return to_.core(); }
    void prepare() noexcept { bind(to_.core(), direction::send, &value_, &attempt_send); }
    void finish() {
        if (closed()) {
            throw_send_on_closed();
        }
        call_handler(handler_);
    }

private:
    static attempt attempt_send(select_case& self, waiter*& wake) {
        auto& mine = static_cast<send_case&>(self);
        return mine.to_.core()->send_locked(mine.value_, wake);
    }
    send_chan<T> to_;
    [[no_unique_address]] Handler handler_;
    carrier<T> value_;
};

template <class Handler>
struct timeout_case {
    static constexpr bool is_channel = false;
    static constexpr bool is_default = false;
    std::int64_t ns;
    [[no_unique_address]] Handler handler;
    void finish() { call_handler(handler); }
};

template <class Handler>
struct default_case {
    static constexpr bool is_channel = false;
    static constexpr bool is_default = true;
    [[no_unique_address]] Handler handler;
    void finish() { call_handler(handler); }
};

template <class Case>
constexpr bool is_default_case() {
    if constexpr (!Case::is_channel) {
        return Case::is_default;
    }
    return false;
}

template <class Channel>
using element_of = typename std::remove_cvref_t<Channel>::value_type;

}  // namespace weft::detail
