// What the machine and the process are.
#pragma once

#include <cstddef>
#include <vector>

namespace weft::platform {

/// The CPUs that this process may really use: those of its affinity mask, and where a cgroup (v1 or
/// v2) sets a quota, its share of a period rounded up, but at least 2. Never less than 1.
int usable_cpus();

/// The kernel's ids of the process's threads, ascending; none where /proc is not mounted.
std::vector<int> thread_ids();

/// Has `run` called in every child that this process forks from now on, on its one thread.
void call_in_forked_child(void (*run)()) noexcept;

int process_id() noexcept;
/// What the program was called as, without the folder.
const char* program_name() noexcept;

/// What an errno value means. Async-signal-safe.
const char* error_text(int error) noexcept;

/// Ends the process at once: no destructors, no handlers.
[[noreturn]] void exit_now(int status) noexcept;

/// Writes all of it to standard error, whatever signals come.
void write_error(const char* text, std::size_t size) noexcept;

}  // namespace weft::platform
