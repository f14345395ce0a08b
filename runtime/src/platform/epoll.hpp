// Waiting for descriptors.
#pragma once

#include <sys/epoll.h>
#include <cstddef>
#include <cstdint>

namespace weft::platform {

/// Each returns a descriptor or a negated errno value.
int make_epoll() noexcept;
int make_eventfd() noexcept;

/// Registers `descriptor`, edge-triggered, for reading, writing and hang-up, with `data` in its
/// events. Returns 0 or a negated errno value.
int epoll_add(int epoll, int descriptor, std::uint64_t data) noexcept;
void epoll_remove(int epoll, int descriptor) noexcept;

/// Waits for at most `timeout_ns` (< 0: for ever). Returns the number of events, 0 on a signal.
int epoll_wait_ns(int epoll, epoll_event* events, int count, std::int64_t timeout_ns) noexcept;

/// As `epoll_add`, for an eventfd: in every wait's events from its signal until it is drained.
int epoll_add_eventfd(int epoll, int descriptor, std::uint64_t data) noexcept;
void signal_eventfd(int descriptor) noexcept;
void drain_eventfd(int descriptor) noexcept;
void close_descriptor(int descriptor) noexcept;

}  // namespace weft::platform
