// Waiting on several channel operations at once.
#pragma once

#include <weft/chan.hpp>
#include <weft/detail/select_cases.hpp>
#include <weft/select_list.hpp>
#include <weft/time.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace weft {

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
    constexpr auto defaults =
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
