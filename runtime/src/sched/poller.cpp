#include "sched/poller.hpp"

#include "platform/epoll.hpp"

#include <weft/error.hpp>

#include <array>

namespace weft::sched {

namespace {
constexpr int events_max = 128;

[[noreturn]] void refuse(int error, const char* what) {
    throw resource_error(-error, std::generic_category(), what);
}
}  // namespace

void poller::open() {
    epoll_ = platform::make_epoll();
    if (epoll_ < 0) {
        refuse(epoll_, "the runtime needs an epoll descriptor");
    }
    bell_ = platform::make_eventfd();
    int error = bell_;
    if (bell_ >= 0) {
        error = platform::epoll_add_eventfd(epoll_, bell_, bell_data);
    }
    if (error < 0) {
        close();
        refuse(error, "the runtime needs an eventfd descriptor");
    }
    waiters_.store(0, platform::memory_order_relaxed);
    rung_.store(false, platform::memory_order_relaxed);
}

void poller::close() noexcept {
    for (int* descriptor : {&bell_, &epoll_}) {
        if (*descriptor >= 0) {
            platform::close_descriptor(*descriptor);
            *descriptor = -1;
        }
    }
}

int poller::add(int descriptor, std::uint64_t data, event_sink sink) noexcept {
    sink_.store(sink, platform::memory_order_release);
    return platform::epoll_add(epoll_, descriptor, data);
}

void poller::remove(int descriptor) noexcept {
    platform::epoll_remove(epoll_, descriptor);
}

/// True when the bell is up.
bool poller::harvest(std::int64_t timeout_ns, goroutine_list& ready) noexcept {
    std::array<epoll_event, events_max> events;
    const int count = platform::epoll_wait_ns(epoll_, events.data(), events_max, timeout_ns);
    const event_sink sink = sink_.load(platform::memory_order_acquire);
    bool bell_up = false;
    for (int i = 0; i < count; ++i) {
        if (events[i].data.u64 == bell_data) {
            bell_up = true;
        } else {
            sink(events[i].data.u64, events[i].events, ready);
            events_.fetch_add(1, platform::memory_order_relaxed);
        }
    }
    return bell_up;
}

void poller::poll(goroutine_list& ready) noexcept {
    harvest(0, ready);
}

void poller::wait(std::int64_t timeout_ns, goroutine_list& ready) noexcept {
    if (harvest(timeout_ns, ready)) {
        // In this order: a ring before the exchange is one whose cause the caller sees from here
        // on, since the exchange reads from it; a ring after it writes again, and stays up.
        platform::drain_eventfd(bell_);
        rung_.exchange(false, platform::memory_order_seq_cst);
    }
}

void poller::ring() noexcept {
    // seq_cst: pairs with the lowering in `wait`; one write is enough for all rings until then.
    if (!rung_.exchange(true, platform::memory_order_seq_cst)) {
        platform::signal_eventfd(bell_);
    }
}

}  // namespace weft::sched
