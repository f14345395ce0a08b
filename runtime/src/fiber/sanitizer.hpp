// What the address and thread sanitizers must be told of a switch; nothing in other builds.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_ADDRESS_SANITIZER 1
#endif
#if defined(__SANITIZE_THREAD__)
#define WEFT_THREAD_SANITIZER 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_ADDRESS_SANITIZER 1
#endif
#if __has_feature(thread_sanitizer)
#define WEFT_THREAD_SANITIZER 1
#endif
#endif

#ifdef WEFT_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef WEFT_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace weft::fiber {

#if defined(WEFT_ADDRESS_SANITIZER) || defined(WEFT_THREAD_SANITIZER)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// What a sanitizer keeps for a stack. Every member is unused in a plain build.
struct sanitizer_state {
    const void* bottom = nullptr;  // of the memory that the stack may use
    std::size_t size = 0;
    void* fake_stack = nullptr;    // the address sanitizer's, while switched away
    void* thread_fiber = nullptr;  // the thread sanitizer's handle
};

#ifdef WEFT_THREAD_SANITIZER
/// Handles are dear and their number is limited: they live as long as the stack's memory.
inline void create_fiber(sanitizer_state& state) {
    state.thread_fiber = __tsan_create_fiber(0);
}
inline void adopt_thread(sanitizer_state& state) {
    state.thread_fiber = __tsan_get_current_fiber();
}
inline void destroy_fiber(sanitizer_state& state) {
    __tsan_destroy_fiber(state.thread_fiber);
}
#else
inline void create_fiber(sanitizer_state&) {}
inline void adopt_thread(sanitizer_state&) {}
inline void destroy_fiber(sanitizer_state&) {}
#endif

// What is inlined into the switch must not be instrumented either: the address sanitizer would mark
// its locals in a frame that never cleans up after itself.
#if defined(__clang__)
#define WEFT_UNSANITIZED clang::no_sanitize("thread", "address")
#else
#define WEFT_UNSANITIZED gnu::no_sanitize("thread", "address")
#endif

/// Called last before the jump, from a function that the thread sanitizer does not instrument:
/// its exit event would otherwise pop the frame of the stack that is switched to.
[[gnu::always_inline, WEFT_UNSANITIZED]] inline void leave_stack(
    [[maybe_unused]] sanitizer_state& from, [[maybe_unused]] const sanitizer_state& to) {
#ifdef WEFT_ADDRESS_SANITIZER
    __sanitizer_start_switch_fiber(&from.fake_stack, to.bottom, to.size);
#endif
#ifdef WEFT_THREAD_SANITIZER
    // With the synchronisation that the switch really is: the scheduler's own state passes from one
    // goroutine of a thread to the next through it. The price: a race between two goroutines is
    // reported when they run on different threads, and not while they take turns on one.
    __tsan_switch_to_fiber(to.thread_fiber, 0);
#endif
}

/// Called first after the jump, on the stack that was switched to.
[[gnu::always_inline, WEFT_UNSANITIZED]] inline void enter_stack(
    [[maybe_unused]] sanitizer_state& to, [[maybe_unused]] sanitizer_state& from) {
#ifdef WEFT_ADDRESS_SANITIZER
    const void* bottom = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(to.fake_stack, &bottom, &size);
    if (from.bottom == nullptr) {  // a thread's own stack, whose bounds only the sanitizer knows
        from.bottom = bottom;
        from.size = size;
    }
#endif
}

/// Frames of this stack are going to be left without their own ends being run.
inline void forget_frames() {
#ifdef WEFT_ADDRESS_SANITIZER
    __asan_handle_no_return();
#endif
}

/// The memory holds no live objects any more: a later user of it starts clean.
inline void forget_stack_memory([[maybe_unused]] const void* low,
                                [[maybe_unused]] std::size_t size) {
#ifdef WEFT_ADDRESS_SANITIZER
    __asan_unpoison_memory_region(low, size);
#endif
}

}  // namespace weft::fiber
