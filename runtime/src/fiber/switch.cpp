#include "fiber/switch.hpp"

#include "platform/thread.hpp"

#include <cxxabi.h>
#include <boost/context/detail/fcontext.hpp>

namespace weft::fiber {

namespace {

namespace raw = boost::context::detail;

#if defined(__GNUC__) && !defined(__clang__)
#define WEFT_UNINSTRUMENTED [[gnu::noinline, gnu::no_sanitize("thread", "address")]]
#else
#define WEFT_UNINSTRUMENTED \
    [[gnu::noinline]] __attribute__((no_sanitize("thread"), no_sanitize("address")))
#endif

// Lives on the departing stack; it is read on the destination before the action may let the
// departing stack go on.
struct departure {
    context* from;
    context* to;
    thread_state* thread;
    departure_action action;
};

// Inlined, because on a fresh stack the sanitizers must hear of the arrival before any call.
[[gnu::always_inline]] inline thread_state& arrive(raw::transfer_t transfer) noexcept {
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

WEFT_UNINSTRUMENTED void first_frame(raw::transfer_t transfer) noexcept {
#if defined(__x86_64__)
    asm volatile(".cfi_undefined rip");  // a backtrace ends here
#elif defined(__aarch64__)
    asm volatile(".cfi_undefined x30");
#endif
    context& self = *static_cast<departure*>(transfer.data)->to;
    thread_state& thread = arrive(transfer);
    *thread.exceptions = exception_state{};
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

WEFT_UNINSTRUMENTED thread_state& switch_to(context& from, context& to, thread_state& thread,
                                            departure_action action) noexcept {
    const exception_state exceptions = *thread.exceptions;
    const int error_number = *thread.error_number;
    departure record{&from, &to, &thread, action};
    leave_stack(from.sanitizer, to.sanitizer);
    thread_state& now = arrive(raw::jump_fcontext(to.stack_pointer, &record));
    *now.exceptions = exceptions;
    *now.error_number = error_number;
    return now;
}

}  // namespace weft::fiber
