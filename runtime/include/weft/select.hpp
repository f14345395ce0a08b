// Waiting on several channel operations at once.
#pragma once

#include <weft/chan.hpp>
#include <weft/detail/select_core.hpp>
#include <weft/time.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weft {

namespace detail {

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

}  // namespace detail

/// Receives from `ch` when chosen; the handler takes `std::optional<T>`, empty when closed, or
/// nothing.
template <class Channel, class Handler = detail::no_handler>
auto on_recv(const Channel& ch, Handler handler = {}) {
    using element = detail::element_of<Channel>;
    return detail::recv_case<element, Handler>(recv_chan<element>(ch), std::move(handler));
}

/// Sends `value`, evaluated now, when chosen. A closed channel counts as ready and panics then.
template <class Channel, class Value, class Handler = detail::no_handler>
auto on_send(const Channel& ch, Value&& value, Handler handler = {}) {
    using element = detail::element_of<Channel>;
    return detail::send_case<element, Handler>(
        send_chan<element>(ch), element(std::forward<Value>(value)), std::move(handler));
}

/// Chosen when no other case could proceed for `d`, counted from the start of the select.
template <class Rep, class Period, class Handler = detail::no_handler>
auto on_timeout(std::chrono::duration<Rep, Period> d, Handler handler = {}) {
    return detail::timeout_case<Handler>{detail::saturated_ns(d), std::move(handler)};
}

/// Chosen at once when no other case can proceed; Go's default.
template <class Handler = detail::no_handler>
auto otherwise(Handler handler = {}) {
    return detail::default_case<Handler>{std::move(handler)};
}

/// Blocks until one case can proceed, runs its handler, returns its index among the arguments.
/// Ready cases are chosen from uniformly at random; readiness of all is judged at one instant. With
/// no case that ever can proceed it blocks for ever. What a handler throws leaves `select`.
///
/// Does not allocate. Takes one lock per distinct channel; O(n log n) for n cases.
template <class... Cases>
std::size_t select(Cases&&... cases) {
    constexpr std::size_t defaults =
        (std::size_t{0} + ... + (detail::is_default_case<std::remove_cvref_t<Cases>>() ? 1 : 0));
    static_assert(defaults <= 1, "a select has at most one otherwise");
    std::array<detail::select_slot, sizeof...(Cases)> slots;
    detail::select_request request;
    std::size_t index = 0;
    [[maybe_unused]] const auto add = [&](auto& each) {
        using case_type = std::remove_cvref_t<decltype(each)>;
        if constexpr (case_type::is_channel) {
            each.prepare();
            slots[request.channels++] = {&each, static_cast<std::uint32_t>(index)};
        } else if constexpr (case_type::is_default) {
            request.otherwise = static_cast<std::uint32_t>(index);
        } else if (each.ns < request.timeout_ns) {
            request.timeout_ns = each.ns;
            request.timeout = static_cast<std::uint32_t>(index);
        }
        ++index;
    };
    (add(cases), ...);
    const std::size_t chosen = detail::run_select(slots.data(), request);
    index = 0;
    (void)((index++ == chosen ? (cases.finish(), true) : false) || ...);
    return chosen;
}

}  // namespace weft
