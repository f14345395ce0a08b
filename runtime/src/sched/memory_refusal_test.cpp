// This program's own operator new refuses memory when it is told to, and not only now and then.
#include "sched/memory_refusal.hpp"

#include "fiber/sanitizer.hpp"

#include <weft/error.hpp>
#include <weft/runtime.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {
std::atomic<bool> refusing{false};
}

// Not inlined: where the compiler sees one of them and not the other it takes them for mismatched.
[[gnu::noinline]] void* operator new(std::size_t size) {
    void* memory = refusing ? nullptr : std::malloc(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return refusing ? nullptr : std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace weft::sched {
namespace {

/// What `f` ends with while all memory is refused: the error's number, or -1.
template <class F>
int error_without_memory(F f) {
    refusing = true;
    int number = -1;
    try {
        f();
    } catch (const resource_error& error) {
        number = error.code().value();
    } catch (const std::bad_alloc&) {
    }
    refusing = false;
    return number;
}

/// The process's threads, counted without memory; -1 when that fails.
int count_threads() {
    std::array<char, 1024> text{};
    const int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    const bool complete = read(file, text.data(), text.size() - 1) > 0;
    close(file);
    const char* fields = complete ? std::strrchr(text.data(), ')') : nullptr;
    constexpr int fields_before_count = 18;  // after the name, which may hold anything
    for (int field = 0; fields != nullptr && field < fields_before_count; ++field) {
        fields = std::strchr(fields + 1, ' ');
    }
    return fields == nullptr ? -1 : std::atoi(fields);
}

TEST(memory_refusal_test, no_thread_is_started_for_a_machine_that_cannot_be_kept) {
    run(
        [] {
            go([] {});
            yield();  // leaves a descriptor behind for the next
            refusing = true;
            const int before = count_threads();
            // The monitor finds this one computing beside another that waits, and wants a thread.
            go([] {});
            const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
            while (std::chrono::steady_clock::now() < end) {
            }
            const int after = count_threads();
            refusing = false;
            EXPECT_GT(before, 0);
            EXPECT_EQ(after, before);
        },
        {.procs = 1});
}

TEST(memory_refusal_test, no_refusal_needs_memory) {
    prepare_memory_refusals();
    for (const memory_for what :
         {memory_for::goroutine, memory_for::bubble, memory_for::timer, memory_for::processor}) {
        EXPECT_EQ(error_without_memory([what] { refuse_memory(what); }), ENOMEM);
    }
}

TEST(memory_refusal_test, go_says_resource_error_however_little_memory_there_is) {
    if (fiber::sanitized) {
        GTEST_SKIP() << "the sanitizers have an operator new of their own";
    }
    int started = 0;
    std::atomic<int> ran{0};
    const auto start = [&] {
        go([&ran] { ran.fetch_add(1, std::memory_order_relaxed); });
        ++started;
    };
    run(
        [&] {
            start();  // with the first one come descriptors for more
            EXPECT_EQ(error_without_memory([&] {
                          while (true) {
                              start();
                          }
                      }),
                      ENOMEM);
            while (num_goroutine() > 1) {
                yield();
            }
        },
        {.procs = 1});
    EXPECT_GT(started, 1);
    EXPECT_EQ(ran, started);
}

}  // namespace
}  // namespace weft::sched
