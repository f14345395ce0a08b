#include "platform/thread.hpp"

#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace weft::platform {

namespace {
thread_local void* the_thread_word = nullptr;

constexpr int start_attempts_max = 10;
constexpr std::int64_t start_retry_ns = 10'000'000;
constexpr std::size_t signal_stack_min = 64 << 10;
}  // namespace

[[gnu::noinline]] void* thread_word() noexcept {
    asm volatile("" ::: "memory");
    return the_thread_word;
}

[[gnu::noinline]] void set_thread_word(void* value) noexcept {
    the_thread_word = value;
    asm volatile("" ::: "memory");
}

[[gnu::noinline]] int* errno_address() noexcept {
    asm volatile("" ::: "memory");
    return &errno;
}

void yield_thread() noexcept {
    sched_yield();
}

void sleep_thread(std::int64_t ns) noexcept {
    const int saved_errno = errno;
    timespec left{};
    left.tv_sec = ns / 1'000'000'000;
    left.tv_nsec = ns % 1'000'000'000;
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
    errno = saved_errno;
}

int thread_id() noexcept {
    return static_cast<int>(syscall(SYS_gettid));
}

void* thread::trampoline(void* self) {
    auto* started = static_cast<thread*>(self);
    pthread_setname_np(pthread_self(), started->name_.c_str());
    started->run_(started->argument_);
    return nullptr;
}

int thread::start(const std::string& name, entry run, void* argument) {
    name_ = name;
    run_ = run;
    argument_ = argument;
    sigset_t blocked;
    sigset_t before;
    sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS, SIGPROF}) {
        sigdelset(&blocked, fault);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int result = EAGAIN;
    for (int attempt = 0; result == EAGAIN && attempt < start_attempts_max; ++attempt) {
        if (attempt > 0) {
            sleep_thread(start_retry_ns);
        }
        result = pthread_create(&handle_, nullptr, &thread::trampoline, this);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return result;
}

void thread::join() noexcept {
    pthread_join(handle_, nullptr);
}

signal_stack::signal_stack() {
    stack_t present{};
    if (sigaltstack(nullptr, &present) == 0 && (present.ss_flags & SS_DISABLE) == 0) {
        return;  // the program or a sanitizer brought its own
    }
    const std::size_t frame = getauxval(AT_MINSIGSTKSZ);
    size_ = std::max(signal_stack_min, 4 * frame);
    void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return;  // without it a stack overflow still ends the process, with less to read
    }
    memory_ = memory;
    stack_t stack{};
    stack.ss_sp = memory_;
    stack.ss_size = size_;
    sigaltstack(&stack, nullptr);
}

signal_stack::~signal_stack() {
    if (memory_ == nullptr) {
        return;
    }
    stack_t disable{};
    disable.ss_flags = SS_DISABLE;
    sigaltstack(&disable, nullptr);
    munmap(memory_, size_);
}

}  // namespace weft::platform
