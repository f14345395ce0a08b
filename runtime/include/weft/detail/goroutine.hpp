// A goroutine's descriptor.
#pragma once

#include <weft/detail/atomic.hpp>
#include <weft/source_location.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weft::fiber {
struct stack;
}

namespace weft::detail {

struct goroutine_extension;

enum class closure_step : std::uint8_t { run, destroy };

/// Who may touch a goroutine in each state:
/// `free` the descriptor cache that holds it; `runnable` the run queue that holds it; `running` the
/// machine that runs it; `waiting` whoever takes it out of the wait queue that holds it.
enum class goroutine_state : std::uint8_t { free, runnable, running, waiting };

/// Who runs it: any machine; the one whose thread it is locked to; or nobody, since it stands for a
/// thread of the program.
enum class goroutine_kind : std::uint8_t { ordinary, locked, foreign };

/// Why a goroutine waits; the words that reports show are Go's.
enum class wait_reason : std::uint8_t {
    none,
    chan_receive,
    chan_send,
    chan_receive_nil,
    chan_send_nil,
    select,
    select_no_cases,
    sleep,
    semacquire,
    mutex_lock,
    shared_mutex_lock,
    shared_mutex_lock_shared,
    condition_variable_wait,
    wait_group_wait,
    io_wait,
    blocking_call,
    bubble_run,
    bubble_wait,
};

inline constexpr std::size_t inline_closure_size = 64;

/// A goroutine before, while and after it runs: two cache lines. What one needs that runs to its
/// end without waiting is in the first, with a closure of 16 bytes: 10^5 that wait for their turn
/// are larger than the caches near a processor, and each line that one touches comes from afar.
///
/// It has no stack before it runs for the first time. Descriptors come from slabs that live as long
/// as the run, so that a report may read one whose goroutine has just ended.
struct alignas(platform::false_sharing_range) goroutine {
    using closure_function = void (*)(goroutine& self, closure_step step);

    fiber::stack* stack = nullptr;  // bound at the first run
    closure_function closure = nullptr;
    platform::atomic<goroutine_extension*> extension{nullptr};  // rarely used parts
    std::uint64_t id = 0;
    platform::atomic<goroutine_state> state{goroutine_state::free};
    platform::atomic<wait_reason> reason{wait_reason::none};
    goroutine_kind kind = goroutine_kind::ordinary;
    bool system = false;  // not counted by num_goroutine
    bool in_blocking_call = false;
    platform::atomic<bool> durable{false};  // blocked so that only its bubble can wake it
    bool traced_wake = false;               // an arrow of the trace leads to its next slice
    source_location started_at{};
    alignas(16) std::byte storage[inline_closure_size];
    // A select's cases are decided by one compare-and-swap from `select_open` on this word.
    platform::atomic<std::uint32_t> select_winner{0};
    platform::atomic<std::uint32_t> waits_since{0};  // in ticks of the scheduler's coarse clock
    goroutine* link = nullptr;                       // in the list that holds it
};

// Where a source_location is a pointer, as the standard library's is.
static_assert(sizeof(source_location) != sizeof(void*) ||
              (sizeof(goroutine) == 2 * platform::cache_line &&
               offsetof(goroutine, storage) + 16 == platform::cache_line));

template <class F>
inline constexpr bool fits_inline = sizeof(F) <= inline_closure_size &&
                                    alignof(F) <= 16 && std::is_nothrow_move_constructible_v<F>;

/// Runs or destroys a closure that stands in the descriptor itself.
template <class F>
void inline_closure(goroutine& self, closure_step step) {
    F& f = *std::launder(reinterpret_cast<F*>(self.storage));
    if (step == closure_step::run) {
        std::move(f)();
    } else {
        f.~F();
    }
}

/// Runs or destroys a closure that was too large, or not safe to move, for the descriptor.
template <class F>
void boxed_closure(goroutine& self, closure_step step) {
    F* f = *std::launder(reinterpret_cast<F**>(self.storage));
    if (step == closure_step::run) {
        std::move (*f)();
    } else {
        delete f;
    }
}

}  // namespace weft::detail
