// The network poller: one epoll instance for each run, and the bell that ends a wait in it.
#pragma once

#include "sched/goroutine_list.hpp"

#include <weft/detail/atomic.hpp>

#include <cstdint>

namespace weft::sched {

/// Thread-safe, but for `open` and `close`. One thread at a time waits; a look (timeout 0) while
/// another waits is allowed.
class poller {
public:
    poller() = default;
    ~poller() { close(); }
    poller(const poller&) = delete;
    poller& operator=(const poller&) = delete;

    /// What an event means is the affair of who registered the descriptor: the sink turns an event
    /// into goroutines that can go on.
    using event_sink = void (*)(std::uint64_t data, std::uint32_t events, goroutine_list& ready);

    /// Throws resource_error when descriptors are refused.
    void open();
    void close() noexcept;

    /// Registers edge-triggered for reading and writing. Returns 0 or a negated errno value.
    int add(int descriptor, std::uint64_t data, event_sink sink) noexcept;
    void remove(int descriptor) noexcept;

    /// Appends to `ready` who can go on now. From any thread; leaves the bell to who waits.
    void poll(goroutine_list& ready) noexcept;
    /// As `poll`, but waits for an event or the bell, at most `timeout_ns`, for ever when negative.
    /// By one thread at a time.
    void wait(std::int64_t timeout_ns, goroutine_list& ready) noexcept;
    /// Ends the wait of the thread that waits, or the next one.
    void ring() noexcept;

    /// Goroutines that wait for a descriptor; while there are any, no deadlock is reported.
    void waiter_came() noexcept { waiters_.fetch_add(1, platform::memory_order_relaxed); }
    void waiter_left() noexcept { waiters_.fetch_sub(1, platform::memory_order_relaxed); }
    bool waited_on() const noexcept { return waiters_.load(platform::memory_order_relaxed) != 0; }
    std::uint64_t events() const noexcept { return events_.load(platform::memory_order_relaxed); }

private:
    bool harvest(std::int64_t timeout_ns, goroutine_list& ready) noexcept;

    static constexpr std::uint64_t bell_data = ~std::uint64_t{0};
    int epoll_ = -1;
    int bell_ = -1;
    platform::atomic<event_sink> sink_{nullptr};
    platform::atomic<std::int64_t> waiters_{0};
    platform::atomic<std::uint64_t> events_{0};
    platform::atomic<bool> rung_{false};
};

}  // namespace weft::sched
