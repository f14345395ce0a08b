// Operating-system threads and the runtime's one thread-local word.
#pragma once

#include <pthread.h>
#include <weft/detail/thread_word.hpp>

#include <cstdint>
#include <string>

namespace weft::platform {

/// Sets what `thread_word` returns on the calling thread.
///
/// A goroutine migrates between threads, and a compiler may keep the address of a thread-local
/// variable in a register over a switch. So there is exactly one such variable for machines, it is
/// reached only through these two functions, they are never inlined (their file is compiled without
/// link-time optimisation), and nobody keeps their result over a switch. What plain threads have
/// for themselves is reached in the same way. ci/thread_locals.py looks at the object code.
void set_thread_word(void* value) noexcept;

/// The address of this thread's errno; as above, the result ends with the next switch.
int* errno_address() noexcept;

/// The calling thread gives up the rest of its time slice.
void yield_thread() noexcept;
/// The calling thread sleeps, whatever signals come.
void sleep_thread(std::int64_t ns) noexcept;
/// The kernel's id of the calling thread.
int thread_id() noexcept;

/// A joinable thread whose signals are blocked, but for those that a fault raises.
class thread {
public:
    using entry = void (*)(void*);
    thread() = default;
    thread(const thread&) = delete;
    thread& operator=(const thread&) = delete;

    /// Starts `run(argument)`. Retries for some 100 ms while the system says "again"; returns an
    /// errno value when there is no thread to be had, else 0. `name` has at most 15 characters.
    /// The thread names itself: to name another one takes a descriptor for a moment, which there
    /// may not be, and which whoever counts descriptors would see.
    int start(const std::string& name, entry run, void* argument);
    void join() noexcept;

private:
    static void* trampoline(void* self);
    pthread_t handle_{};
    std::string name_;
    entry run_ = nullptr;
    void* argument_ = nullptr;
};

/// An alternate signal stack for the calling thread, so that a fault on an exhausted stack can
/// still be reported. Uninstalled when destroyed, which must happen on the same thread.
class signal_stack {
public:
    signal_stack();
    ~signal_stack();
    signal_stack(const signal_stack&) = delete;
    signal_stack& operator=(const signal_stack&) = delete;

private:
    void* memory_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace weft::platform
