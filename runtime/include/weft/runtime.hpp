// Running goroutines.
#pragma once

#include <weft/detail/goroutine.hpp>
#include <weft/error.hpp>
#include <weft/goroutine_local.hpp>
#include <weft/source_location.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weft {

/// What happens when every goroutine is blocked for good: report and end the process with status 2,
/// or `run` throws `deadlock_error`.
enum class on_deadlock { exit, throw_error };

/// How `run` sets the runtime up. A field that equals its default takes the environment's value:
/// WEFT_PROCS, WEFT_STACK_SIZE (K, M and G are understood), WEFT_MAX_THREADS, WEFT_ON_DEADLOCK
/// (exit or throw), WEFT_TRACE.
struct options {
    /// Processors: goroutines that run at the same time. 0: the CPUs that this process may really
    /// use, from its affinity mask and its cgroup's quota.
    int procs = 0;
    /// Address space of each goroutine's stack, in bytes; what is not touched costs nothing.
    std::size_t stack_size = 256 << 10;
    int max_threads = 10'000;  ///< of the runtime's own; at least `procs + 2`
    weft::on_deadlock on_deadlock = weft::on_deadlock::exit;  ///< report and end, or throw
    /// A file that the run writes its trace to, for ui.perfetto.dev; what it holds before is lost.
    /// Empty: none. A slice for each time that a goroutine ran, on the track of its processor, with
    /// the reason it stopped; arrows from who made it ready. It is complete when `run` returns, and
    /// when a report, `run_and_exit` or SIGQUIT ends the process; a process that is killed leaves
    /// all but the last some 10 ms. A disk that fills up ends the trace, which a line on standard
    /// error says at the end, and not the run.
    std::string trace{};
};

namespace detail {

/// Runs `main` under a scheduler of its own; the body of `run`.
void run_scheduler(const options& settings, void (*main)(void*), void* argument,
                   source_location started_at);

goroutine& new_goroutine(source_location started_at);
void start_goroutine(goroutine& g) noexcept;
void discard_goroutine(goroutine& g) noexcept;
/// As the two together, for a closure that can be copied byte by byte.
void spawn_trivial(goroutine::closure_function closure, const void* bytes, std::size_t size,
                   source_location started_at);

/// Gives the processor away for as long as the object lives.
class blocking_section {
public:
    blocking_section();
    ~blocking_section();
    blocking_section(const blocking_section&) = delete;
    blocking_section& operator=(const blocking_section&) = delete;

private:
    bool entered_ = false;
};

template <class F>
void emplace_closure(goroutine& g, F&& f) {
    using closure = std::decay_t<F>;
    if constexpr (fits_inline<closure>) {
        new (g.storage) closure(std::forward<F>(f));
        g.closure = &inline_closure<closure>;
    } else {
        new (g.storage) closure*(new closure(std::forward<F>(f)));
        g.closure = &boxed_closure<closure>;
    }
}

}  // namespace detail

/// Starts the runtime, runs `main` as goroutine 1 and returns when it returns: its `int`, or 0 for
/// `void`. The other goroutines do not survive `main`: none is scheduled again, and their stacks
/// are released without unwinding. Waits for goroutines that are computing or inside `blocking` to
/// reach their next scheduling point; standard error says which, when that takes more than 5 s.
/// What leaves `main` as an exception is rethrown. Can be called again afterwards; throws
/// std::logic_error when a run is active, std::invalid_argument for a nonsensical option,
/// std::system_error for a trace that cannot be written, `resource_error` when the system refuses
/// what it needs.
template <std::invocable F>
int run(F&& main, const options& settings = {},
        source_location started_at = source_location::current()) {
    struct frame {
        F& main;
        int result = 0;
        std::exception_ptr error{};
    } state{main};
    detail::run_scheduler(
        settings,
        [](void* argument) {
            auto& self = *static_cast<frame*>(argument);
            try {
                if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
                    std::invoke(std::forward<F>(self.main));
                } else {
                    self.result = static_cast<int>(std::invoke(std::forward<F>(self.main)));
                }
            } catch (...) {
                self.error = std::current_exception();
            }
        },
        &state, started_at);
    if (state.error) {
        std::rethrow_exception(state.error);
    }
    return state.result;
}

namespace detail {
/// Flushes standard output and ends the process; no destructors run.
[[noreturn]] void leave_process(int status) noexcept;
}  // namespace detail

/// As `run`, and the process ends with `main`, at once: with its `int` as status, or 0. Other
/// goroutines and plain threads are not waited for, nothing is destroyed, standard output is
/// flushed. An exception that leaves `main` ends the process as that of any other goroutine does.
/// Throws what `run` throws before `main` has begun, and deadlock_error.
template <std::invocable F>
[[noreturn]] void run_and_exit(F&& main, const options& settings = {},
                               source_location started_at = source_location::current()) {
    struct frame {
        F& main;
    } state{main};
    detail::run_scheduler(
        settings,
        [](void* argument) {
            auto& self = *static_cast<frame*>(argument);
            if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
                std::invoke(std::forward<F>(self.main));
                detail::leave_process(0);
            } else {
                detail::leave_process(static_cast<int>(std::invoke(std::forward<F>(self.main))));
            }
        },
        &state, started_at);
    detail::leave_process(0);  // not reached: main leaves, or a deadlock is reported or thrown
}

/// Starts a goroutine that runs `f`. Never switches. Usable inside `run` from any thread; throws
/// `resource_error` when memory for it cannot be had, and nothing is started then. What happened
/// before is visible to the goroutine. `f`'s result is ignored; an exception that leaves it ends
/// the process.
template <class F>
requires std::invocable<std::decay_t<F>>
void go(F&& f, source_location started_at = source_location::current()) {
    using closure = std::decay_t<F>;
    // A function has no bytes to copy: its pointer is made below.
    constexpr bool has_bytes = std::is_object_v<std::remove_reference_t<F>>;
    if constexpr (has_bytes && std::is_trivially_copyable_v<closure> &&
                  detail::fits_inline<closure>) {
        detail::spawn_trivial(&detail::inline_closure<closure>, std::addressof(f), sizeof(closure),
                              started_at);
    } else {
        detail::goroutine& g = detail::new_goroutine(started_at);
        try {
            detail::emplace_closure(g, std::forward<F>(f));
        } catch (...) {
            detail::discard_goroutine(g);
            throw;
        }
        detail::start_goroutine(g);
    }
}

/// Lets others run: the goroutine goes to the end of its processor's queue. On a plain thread it is
/// the thread's yield.
void yield();

/// Ends the calling goroutine: unwinds its stack, and then it is as if its function had returned. A
/// `catch (...)` on the way runs its body, and then the unwinding goes on, whether it rethrows or
/// not; one that throws something else replaces it by that. A `noexcept` function on the way ends
/// the process by std::terminate. In main the others go on, and when the last of them has ended, it
/// is a deadlock: "fatal error: no goroutines (main called runtime.Goexit) - deadlock!". Throws
/// `panic` on a plain thread. Destructors and handlers on the way may block.
[[noreturn]] void goexit();

namespace this_goroutine {
/// 1 for main; unique within a run. 0 outside a goroutine.
std::uint64_t id() noexcept;
/// Reports show the name from now on; empty: none. On a plain thread nothing does.
void name(std::string_view name);
}  // namespace this_goroutine

/// Goroutines that exist, main included; 0 outside `run`.
std::size_t num_goroutine() noexcept;
/// Processors of the active run; outside `run`, how many one with default options would have.
int procs();

/// Has `n` processors from now on and returns how many there were; with n < 1 it only asks. More
/// take up work at once. One too many is given up at its holder's next scheduling point, or taken
/// away when that is some 20 ms off. Throws std::invalid_argument for more than
/// options::max_threads - 2 or 4096, `resource_error` when there is no memory for them,
/// std::logic_error with n >= 1 outside `run`. For any thread.
int set_procs(int n);

/// The calling goroutine stays on the thread it is on, and no other runs there, until it has called
/// `unlock_os_thread` as often. A goroutine that ends locked takes its thread with it; the thread
/// that called `run` then runs no more goroutines. Every wait of a locked goroutine costs two
/// switches between threads. Throws `resource_error` when that would leave no thread of
/// options::max_threads to the others. Does nothing on a plain thread.
void lock_os_thread();
/// Takes one `lock_os_thread` back; without one it does nothing.
void unlock_os_thread();

/// Runs `f`, a call that blocks its thread, and returns its result; the processor is handed on in
/// the meantime. On a plain thread it just calls `f`. `f` may fork; in the child it is as outside
/// `run`, and exec may follow.
template <std::invocable F>
std::invoke_result_t<F> blocking(F&& f) {
    const detail::blocking_section section;
    return std::invoke(std::forward<F>(f));
}

}  // namespace weft
