#include "fiber/switch.hpp"

#include "platform/thread.hpp"

#include <cxxabi.h>
#include <boost/context/detail/fcontext.hpp>

namespace weft::fiber {

namespace {

namespace raw = boost::context::detail;

#if defined(WEFT_UNSAVED_EXCEPTION_STATE)  // to see what it costs: a build for the suites alone
constexpr bool saves_exception_state = false;
#else
constexpr bool saves_exception_state = true;
#endif

// Lives on the departing stack; it is read on the destination before the action may let the
// departing stack go on.
struct departure {
    context* from;
    context* to;
    thread_state* thread;
    departure_action action;
};

// The jump itself, so that returns are predicted. jump_fcontext leaves by an indirect jump, not by
// a return, so that a call of it leaves an entry behind on the processor's stack of predicted
// return addresses, and every return of the resumed goroutine is then predicted one frame off: four
// or five mispredictions, more than half the cost of a hand-off as measured. Entered by a jump,
// with the return address pushed by hand, it leaves that stack as it was; two goroutines that wait
// in the same call path then predict each other's returns. This file is compiled without a red
// zone.
[[gnu::always_inline, WEFT_UNSANITIZED]] inline raw::transfer_t jump(raw::fcontext_t to,
                                                                     void* data) noexcept {
#if defined(__x86_64__)
    raw::transfer_t result;
    auto target = &raw::jump_fcontext;
    asm volatile(
        "leaq 1f(%%rip), %%r8\n\t"
        "pushq %%r8\n\t"
        "jmpq *%[target]\n"
        "1:"
        : "=a"(result.fctx), "=d"(result.data), "+D"(to), "+S"(data), [target] "+r"(target)
        :
        : "rcx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
          "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc",
          "memory");
    return result;
#else
    return raw::jump_fcontext(to, data);
#endif
}

// Inlined, because on a fresh stack the sanitizers must hear of the arrival before any call.
[[gnu::always_inline, WEFT_UNSANITIZED]] inline thread_state& arrive(
    raw::transfer_t transfer) noexcept {
    auto* record = static_cast<departure*>(transfer.data);
    context& from = *record->from;
    thread_state& thread = *record->thread;
    const departure_action action = record->action;
    enter_stack(record->to->sanitizer, from.sanitizer);
    from.stack_pointer = transfer.fctx;
    if (action.run != nullptr) {
        action.run(action.argument);
    }
    return thread;
}

[[gnu::noinline, WEFT_UNSANITIZED]] void first_frame(raw::transfer_t transfer) noexcept {
#if defined(__x86_64__)
    asm volatile(".cfi_undefined rip");  // a backtrace ends here
#elif defined(__aarch64__)
    asm volatile(".cfi_undefined x30");
#endif
    context& self = *static_cast<departure*>(transfer.data)->to;
    thread_state& thread = arrive(transfer);
    if constexpr (saves_exception_state) {
        *thread.exceptions = exception_state{};
    }
    self.start(self, thread);
    __builtin_trap();
}

}  // namespace

void bind_to_this_thread(thread_state& state) noexcept {
    state.exceptions = reinterpret_cast<exception_state*>(abi::__cxa_get_globals());
    state.error_number = platform::errno_address();
}

void prepare(context& fresh, void* top, std::size_t size, entry start) noexcept {
    fresh.start = start;
    fresh.sanitizer.bottom = static_cast<char*>(top) - size;
    fresh.sanitizer.size = size;
    fresh.stack_pointer = raw::make_fcontext(top, size, &first_frame);
}

[[gnu::noinline, WEFT_UNSANITIZED]] thread_state& switch_to(context& from, context& to,
                                                            thread_state& thread,
                                                            departure_action action) noexcept {
    exception_state exceptions;
    if constexpr (saves_exception_state) {
        exceptions = *thread.exceptions;
    }
    const int error_number = *thread.error_number;
    departure record{&from, &to, &thread, action};
    leave_stack(from.sanitizer, to.sanitizer);
    thread_state& now = arrive(jump(to.stack_pointer, &record));
    if constexpr (saves_exception_state) {
        *now.exceptions = exceptions;
    }
    *now.error_number = error_number;
    return now;
}

}  // namespace weft::fiber
