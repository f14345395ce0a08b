#include "platform/fence.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace weft::platform {

namespace detail {
bool membarrier_ready = false;
}

namespace {

#if defined(__SANITIZE_THREAD__)
#define WEFT_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEFT_THREAD_SANITIZER 1
#endif
#endif

long membarrier(int command) noexcept {
    return syscall(SYS_membarrier, command, 0, 0);
}

}  // namespace

void prepare_fences() noexcept {
#ifndef WEFT_THREAD_SANITIZER
    // The thread sanitizer models neither membarrier nor fences: it gets the symmetric pair below.
    static const bool ready = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
    detail::membarrier_ready = ready;
#endif
}

void full_fence() noexcept {
#ifdef WEFT_THREAD_SANITIZER
    static atomic<int> meeting_point{0};
    meeting_point.fetch_add(0, memory_order_seq_cst);
#else
    std::atomic_thread_fence(memory_order_seq_cst);
#endif
}

void heavy_fence() noexcept {
    if (!detail::membarrier_ready || membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) {
        full_fence();
    }
}

}  // namespace weft::platform
