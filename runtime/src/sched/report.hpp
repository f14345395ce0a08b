// The last words of a process, in Go's shape.
#pragma once

#include "sched/scheduler.hpp"

#include <weft/detail/bubble.hpp>

#include <string>
#include <string_view>

namespace weft::sched {

/// What a process ends with that could not go on.
inline constexpr int fatal_status = 2;

/// Go's word for what a goroutine waits for.
std::string_view word_of(detail::wait_reason reason) noexcept;

/// "started in FUNCTION", and the file and line below it.
std::string started_in(const source_location& place);

/// The exception that is being handled left the goroutine `g`: "panic: type: what", where it was
/// started, and the end of the process with status 2.
[[noreturn]] void report_panic(const goroutine& g) noexcept;

/// "fatal error: all goroutines are asleep - deadlock!" and every goroutine.
std::string describe_deadlock(scheduler& s);

/// Every goroutine that waits, of all or of one bubble; each after an empty line. Throws
/// std::bad_alloc.
std::string describe_waiting(scheduler& s, detail::bubble_id of = detail::no_bubble);

/// "fatal error: " and `text`, with the goroutine that caused it.
[[noreturn]] void report_fatal(std::string_view text) noexcept;

[[noreturn]] void report_stack_overflow(const goroutine& g) noexcept;
/// No stack was to be had for a goroutine that is to run for the first time.
[[noreturn]] void report_no_stack(const goroutine& g, std::uint64_t live, std::uint64_t stacks,
                                  std::size_t stack_size) noexcept;

/// Writes `text` to standard error and ends the process with status 2; no destructors run.
[[noreturn]] void end_process(std::string_view text) noexcept;

/// Reports a fault in a goroutine stack's guard as a stack overflow; installed while a run is
/// active.
class fault_handler {
public:
    fault_handler();
    ~fault_handler();
    fault_handler(const fault_handler&) = delete;
    fault_handler& operator=(const fault_handler&) = delete;
};

}  // namespace weft::sched
