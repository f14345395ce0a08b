#include "sched/report.hpp"

#include "platform/symbols.hpp"
#include "platform/system.hpp"
#include "sched/goroutine_extension.hpp"
#include "sched/inspection.hpp"

#include <weft/error.hpp>

#include <cxxabi.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <typeinfo>
#include <vector>

namespace weft::sched {

namespace {

// A report of a million goroutines is not to need the memory that they have not left.
constexpr int backtraces_max = 1000;

/// "type: what" of the exception that is being handled; a panic of ours has Go's text alone.
std::string describe_current_exception() {
    try {
        throw;
    } catch (const panic& p) {
        return p.what();
    } catch (const std::exception& e) {
        return platform::demangled(typeid(e).name()) + ": " + e.what();
    } catch (...) {
        return platform::demangled(abi::__cxa_current_exception_type()->name());
    }
}

std::string header(const goroutine& g, std::string_view state) {
    const std::string name = name_of(g);
    return "goroutine " + std::to_string(g.id) + (name.empty() ? "" : " \"" + name + "\"") + " [" +
           std::string(state) + "]:\n";
}

}  // namespace

std::string_view word_of(detail::wait_reason reason) noexcept {
    using detail::wait_reason;
    switch (reason) {
        case wait_reason::none:
            return "waiting";
        case wait_reason::chan_receive:
            return "chan receive";
        case wait_reason::chan_send:
            return "chan send";
        case wait_reason::chan_receive_nil:
            return "chan receive (nil chan)";
        case wait_reason::chan_send_nil:
            return "chan send (nil chan)";
        case wait_reason::select:
            return "select";
        case wait_reason::select_no_cases:
            return "select (no cases)";
        case wait_reason::sleep:
            return "sleep";
        case wait_reason::semacquire:
            return "semacquire";
        case wait_reason::mutex_lock:
            return "sync.Mutex.Lock";
        case wait_reason::shared_mutex_lock:
            return "sync.RWMutex.Lock";
        case wait_reason::shared_mutex_lock_shared:
            return "sync.RWMutex.RLock";
        case wait_reason::condition_variable_wait:
            return "sync.Cond.Wait";
        case wait_reason::wait_group_wait:
            return "sync.WaitGroup.Wait";
        case wait_reason::io_wait:
            return "IO wait";
        case wait_reason::blocking_call:
            return "syscall";
        case wait_reason::bubble_run:
            return "synctest.Run";
        case wait_reason::bubble_wait:
            return "synctest.Wait";
    }
    return "waiting";
}

std::string started_in(const source_location& place) {
    return std::string("started in ") + place.function_name() + "\n\t" + place.file_name() + ":" +
           std::to_string(place.line()) + "\n";
}

void end_process(std::string_view text) noexcept {
    std::fflush(stdout);
    platform::write_error(text.data(), text.size());
    flush_trace_at_exit();
    platform::exit_now(fatal_status);
}

void report_panic(const goroutine& g) noexcept {
    end_process("panic: " + describe_current_exception() + "\n\n" + header(g, "running") +
                started_in(g.started_at));
}

void report_fatal(std::string_view text) noexcept {
    std::string report = "fatal error: " + std::string(text) + "\n";
    const machine* m = current_machine();
    if (m != nullptr && m->current != nullptr) {
        report += "\n" + header(*m->current, "running") + started_in(m->current->started_at);
    }
    end_process(report);
}

std::string describe_deadlock(scheduler& s) {
    if (s.live() == 0) {
        return "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n";
    }
    return "fatal error: all goroutines are asleep - deadlock!\n" + describe_waiting(s);
}

std::string describe_waiting(scheduler& s, detail::bubble_id of) {
    std::string report;
    goroutine_writer writer(s);
    int described = 0;
    for_each_goroutine(s, [&](const goroutine_view& each) {
        const bool meant = of == detail::no_bubble || of == each.bubble;
        if (meant && each.state == detail::goroutine_state::waiting) {
            const bool wholly = ++described <= backtraces_max;
            report +=
                "\n" + (wholly ? writer.describe(each) : goroutine_writer::describe_briefly(each));
        }
    });
    return report;
}

void report_no_stack(const goroutine& g, std::uint64_t live, std::uint64_t stacks,
                     std::size_t stack_size) noexcept {
    end_process("fatal error: out of memory: no stack for goroutine " + std::to_string(g.id) +
                " (" + std::to_string(live) + " goroutines, " + std::to_string(stacks) +
                " stacks of " + std::to_string(stack_size) + " bytes of address space)\n\n" +
                header(g, "runnable") + started_in(g.started_at));
}

namespace {

// Runs on the alternate signal stack: nothing here may allocate.
void say_overflow(const goroutine& g) noexcept {
    std::array<char, 4096> text{};
    const int size = std::snprintf(
        text.data(), text.size(),
        "fatal error: stack overflow\n\n"
        "goroutine %llu [running]:\nstarted in %.1500s\n\t%.1500s:%u\n\n"
        "Raise options::stack_size or WEFT_STACK_SIZE if the recursion is meant to be that deep.\n",
        static_cast<unsigned long long>(g.id), g.started_at.function_name(),
        g.started_at.file_name(), static_cast<unsigned>(g.started_at.line()));
    platform::write_error(text.data(), static_cast<std::size_t>(
                                           std::min<int>(size, static_cast<int>(text.size()) - 1)));
}

struct sigaction previous_segv;
struct sigaction previous_bus;

void pass_on(int signal, siginfo_t* info, void* machine_context) noexcept {
    const struct sigaction& previous = signal == SIGSEGV ? previous_segv : previous_bus;
    if ((previous.sa_flags & SA_SIGINFO) != 0) {
        previous.sa_sigaction(signal, info, machine_context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal);
    } else {
        ::sigaction(signal, &previous, nullptr);  // the fault happens again and ends the process
    }
}

void on_fault(int signal, siginfo_t* info, void* machine_context) noexcept {
    const machine* m = current_machine();
    scheduler* s = active();
    if (m != nullptr && s != nullptr && m->current != nullptr && m->current->stack != nullptr &&
        s->stacks().overflows(*m->current->stack, info->si_addr)) {
        report_stack_overflow(*m->current);
    }
    pass_on(signal, info, machine_context);
}

}  // namespace

void report_stack_overflow(const goroutine& g) noexcept {
    say_overflow(g);
    flush_trace_at_exit();
    platform::exit_now(fatal_status);
}

fault_handler::fault_handler() {
    struct sigaction action {};
    action.sa_sigaction = &on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGSEGV, &action, &previous_segv);
    ::sigaction(SIGBUS, &action, &previous_bus);
}

fault_handler::~fault_handler() {
    ::sigaction(SIGSEGV, &previous_segv, nullptr);
    ::sigaction(SIGBUS, &previous_bus, nullptr);
}

}  // namespace weft::sched
