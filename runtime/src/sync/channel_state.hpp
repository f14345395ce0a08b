// What a channel answers to who does not wait for it.
#pragma once

#include <weft/chan.hpp>

namespace weft {

template <class T>
recv_status status_of(const recv_chan<T>& ch) {
    T unseen;
    return ch.try_recv(unseen);
}

/// Takes it.
template <class T>
bool holds_value(const recv_chan<T>& ch) {
    return status_of(ch) == recv_status::success;
}

template <class T>
bool is_closed(const recv_chan<T>& ch) {
    return status_of(ch) == recv_status::closed;
}

}  // namespace weft
