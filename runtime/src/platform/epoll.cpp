#include "platform/epoll.hpp"

#include <weft/detail/atomic.hpp>

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>

namespace weft::platform {

namespace {

constexpr long epoll_pwait2_number = 441;  // Linux 5.11; older headers do not name it
atomic<bool> have_pwait2{true};

int wait_in_milliseconds(int epoll, epoll_event* events, int count,
                         std::int64_t timeout_ns) noexcept {
    int milliseconds = -1;
    if (timeout_ns >= 0) {  // rounded up: a timer is never early
        milliseconds = static_cast<int>(std::min<std::int64_t>((timeout_ns + 999'999) / 1'000'000,
                                                               std::numeric_limits<int>::max()));
    }
    return epoll_wait(epoll, events, count, milliseconds);
}

/// The kernel wakes a thread up to its timer slack late, 50 us by default, to wake several at once.
/// While this lives the calling thread is woken on time. Not for good: threads inherit it, the
/// program's own among them.
class woken_on_time {
public:
    woken_on_time() noexcept : usual_ns_(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0)) { set(1); }
    ~woken_on_time() {
        if (usual_ns_ > 0) {
            set(static_cast<unsigned long>(usual_ns_));
        }
    }
    woken_on_time(const woken_on_time&) = delete;
    woken_on_time& operator=(const woken_on_time&) = delete;

private:
    static void set(unsigned long ns) noexcept { prctl(PR_SET_TIMERSLACK, ns, 0, 0, 0); }
    int usual_ns_;
};

int add(int epoll, int descriptor, std::uint64_t data, std::uint32_t events) noexcept {
    epoll_event interest{};
    interest.events = events;
    interest.data.u64 = data;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &interest) == 0 ? 0 : -errno;
}

}  // namespace

int make_epoll() noexcept {
    const int descriptor = epoll_create1(EPOLL_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int make_eventfd() noexcept {
    const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int epoll_add(int epoll, int descriptor, std::uint64_t data) noexcept {
    return add(epoll, descriptor, data, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

int epoll_add_eventfd(int epoll, int descriptor, std::uint64_t data) noexcept {
    return add(epoll, descriptor, data, EPOLLIN);
}

void epoll_remove(int epoll, int descriptor) noexcept {
    epoll_event unused{};
    epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &unused);
}

int epoll_wait_ns(int epoll, epoll_event* events, int count, std::int64_t timeout_ns) noexcept {
    int got = -1;
    if (have_pwait2.load(memory_order_relaxed) && timeout_ns > 0) {
        const woken_on_time while_waiting;
        timespec timeout{};
        timeout.tv_sec = timeout_ns / 1'000'000'000;
        timeout.tv_nsec = timeout_ns % 1'000'000'000;
        got = static_cast<int>(
            syscall(epoll_pwait2_number, epoll, events, count, &timeout, nullptr, 0));
        if (got < 0 && errno == ENOSYS) {
            have_pwait2.store(false, memory_order_relaxed);
            got = wait_in_milliseconds(epoll, events, count, timeout_ns);
        }
    } else {
        got = wait_in_milliseconds(epoll, events, count, timeout_ns);
    }
    return got < 0 ? 0 : got;
}

void signal_eventfd(int descriptor) noexcept {
    const int saved_errno = errno;
    const std::uint64_t one = 1;
    while (write(descriptor, &one, sizeof one) < 0 && errno == EINTR) {
    }
    errno = saved_errno;
}

void drain_eventfd(int descriptor) noexcept {
    std::uint64_t count = 0;
    while (read(descriptor, &count, sizeof count) < 0 && errno == EINTR) {
    }
}

void close_descriptor(int descriptor) noexcept {
    close(descriptor);
}

}  // namespace weft::platform
