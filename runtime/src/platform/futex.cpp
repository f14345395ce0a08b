#include "platform/futex.hpp"

#include "platform/clock.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>

namespace weft::platform {

void futex_wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t timeout_ns) noexcept {
    const int saved_errno = errno;
    timespec timeout{};
    if (timeout_ns >= 0) {
        timeout.tv_sec = timeout_ns / 1'000'000'000;
        timeout.tv_nsec = timeout_ns % 1'000'000'000;
    }
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, timeout_ns >= 0 ? &timeout : nullptr,
            nullptr, 0);
    errno = saved_errno;
}

void futex_wake(atomic<std::uint32_t>& word, int count) noexcept {
    const int saved_errno = errno;
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
    errno = saved_errno;
}

void event::wait() noexcept {
    while (!wait_for(1'000'000'000'000)) {
    }
}

bool event::wait_for(std::int64_t timeout_ns) noexcept {
    std::uint32_t seen = clear_value;
    if (!word_.compare_exchange_strong(seen, waiting_value, memory_order_acquire)) {
        word_.store(clear_value, memory_order_relaxed);  // seen == set_value: consumed
        return true;
    }
    const std::int64_t deadline = now_ns() + timeout_ns;
    while (true) {
        const std::int64_t left = deadline - now_ns();
        if (left > 0) {
            futex_wait(word_, waiting_value, left);
        }
        if (word_.load(memory_order_acquire) == set_value) {
            word_.store(clear_value, memory_order_relaxed);
            return true;
        }
        if (left <= 0) {
            seen = waiting_value;
            if (word_.compare_exchange_strong(seen, clear_value, memory_order_acquire)) {
                return false;
            }
        }
    }
}

void event::set() noexcept {
    if (word_.exchange(set_value, memory_order_release) == waiting_value) {
        futex_wake(word_, 1);
    }
}

}  // namespace weft::platform
