// Sleeping in the kernel on a word, and waking who sleeps there.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace floors {

inline long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value) {
    return syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), operation, value, nullptr,
                   nullptr, 0);
}

/// Sleeps while the word has this value; may return early.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t value) {
    futex(word, FUTEX_WAIT_PRIVATE, value);
}

/// Wakes one sleeper.
inline void futex_wake(std::atomic<std::uint32_t>& word) {
    futex(word, FUTEX_WAKE_PRIVATE, 1);
}

}  // namespace floors
