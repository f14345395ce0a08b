#include "sched/goexit.hpp"

#include "fiber/sanitizer.hpp"
#include "sched/goroutine_extension.hpp"
#include "sched/processor.hpp"
#include "sched/report.hpp"

#include <weft/error.hpp>
#include <weft/runtime.hpp>

#include <cxxabi.h>
#include <utility>

namespace weft::sched {

namespace {

constexpr _Unwind_Exception_Class exit_class = 0x57454654'45584954;  // "WEFTEXIT"

forced_exit& exit_of(_Unwind_Exception* exception) noexcept {
    return *reinterpret_cast<forced_exit*>(exception);
}

fiber::exception_state& this_thread_s_exceptions() noexcept {
    return *current_machine()->thread.exceptions;
}

/// At each frame. A rethrow has counted the exception as one in flight, which foreign ones are not.
_Unwind_Reason_Code go_on(int, _Unwind_Action, _Unwind_Exception_Class,
                          _Unwind_Exception* exception, _Unwind_Context*, void*) {
    this_thread_s_exceptions().uncaught = exit_of(exception).uncaught;
    return _URC_NO_REASON;
}

// The frames of these three are abandoned: they must not leave marks of the address sanitizer
// behind.

[[noreturn, WEFT_UNSANITIZED]] void unwind(forced_exit& exit);

[[WEFT_UNSANITIZED]] void handler_ended(_Unwind_Reason_Code, _Unwind_Exception* exception) {
    forced_exit& exit = exit_of(exception);
    if (!exit.under_way) {
        return;  // the handler around the goroutine's function: the unwind is over
    }
    if (this_thread_s_exceptions().uncaught > exit.uncaught) {
        exit.under_way = false;
        return;
    }
    unwind(exit);
}

/// Not noexcept, as nothing between here and the goroutine's function may be.
void unwind(forced_exit& exit) {
    fiber::forget_frames();
    exit.exception.exception_class = exit_class;
    exit.exception.exception_cleanup = &handler_ended;
    _Unwind_ForcedUnwind(&exit.exception, &go_on, nullptr);
    report_fatal("goexit: the stack cannot be unwound");  // a frame without unwind information
}

}  // namespace

bool catch_exit(goroutine& g) noexcept {
    goroutine_extension* of = g.extension.load(platform::memory_order_relaxed);
    return of != nullptr && std::exchange(of->exit.under_way, false);
}

void end_exit(forced_exit& of) noexcept {
    if (of.caught == nullptr) {
        return;
    }
    this_thread_s_exceptions().caught = std::exchange(of.caught, nullptr);
    while (this_thread_s_exceptions().caught != nullptr) {
        abi::__cxa_end_catch();
    }
}

}  // namespace weft::sched

namespace weft {

[[WEFT_UNSANITIZED]] void goexit() {
    const sched::machine* m = sched::current_machine();
    if (m == nullptr) {
        throw panic("runtime.Goexit called in a thread that was not created by the Go runtime");
    }
    sched::forced_exit& exit = sched::this_extension().exit;
    fiber::exception_state& exceptions = *m->thread.exceptions;
    if (!exit.under_way) {
        exit.under_way = true;
        exit.uncaught = exceptions.uncaught;
        exit.caught = exceptions.caught;
    }  // else from a handler that has caught the unwind: that is all there is to be forgotten
    exceptions.caught = nullptr;
    sched::unwind(exit);
}

}  // namespace weft
