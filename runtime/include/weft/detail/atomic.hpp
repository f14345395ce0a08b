// Atomics and fences of the runtime: the one place that names std::atomic.
//
// A checking build replaces this header by one whose operations are scheduled by a model checker;
// everything above it uses `platform::atomic` and the fences below and nothing else.
#pragma once

#include <atomic>
#include <cstddef>

namespace weft::platform {

template <class T>
using atomic = std::atomic<T>;

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

/// What two processors may write independently stands at least this far apart. Two lines, because
/// the adjacent-line prefetcher of x86-64 fetches lines in pairs.
#if defined(WEFT_FALSE_SHARING_RANGE)  // to see what it is worth: a build for the suites alone
inline constexpr std::size_t false_sharing_range = WEFT_FALSE_SHARING_RANGE;
#else
inline constexpr std::size_t false_sharing_range = 128;
#endif
inline constexpr std::size_t cache_line = 64;

/// Tells the processor that this is a spin loop.
inline void pause() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");
#endif
}

/// Keeps the compiler, not the processor, from moving memory accesses across.
inline void compiler_barrier() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace weft::platform
