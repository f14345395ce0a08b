// Stacks: where they come from, how they are guarded, how they are given back.
//
// Problem. A goroutine needs a stack that cannot grow, cannot overflow into another one unnoticed,
// and costs no more memory than it has touched; a million of them must fit a process whose kernel
// allows 65530 mappings.
//
// Rule. Slabs of many stacks are reserved at once, unbacked (MAP_NORESERVE) and without huge pages
// (one touched page would make 2 MiB resident). The lowest pages of a stack are its guard,
// installed when the stack is first handed out, by MADV_GUARD_INSTALL where the kernel has it: that
// takes no mapping of its own. Where it has not, mprotect makes guards until a fixed share of the
// kernel's mappings is used up, and stacks beyond that have a canary word at their low end, looked
// at when the stack is given back. `guards()` says which.
//
// A stack's descriptor stands at its top, in the page that its first frame touches anyway. Tops are
// coloured: page-aligned tops would fall into the same few sets of the first-level cache, which was
// measured to make a switch cost 72 ns instead of 4.7.
#pragma once

#include "fiber/peek.hpp"
#include "fiber/switch.hpp"
#include "fiber/valgrind.hpp"

#include <weft/detail/spin_lock.hpp>
#include <weft/guard_kind.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft::fiber {

/// One stack's descriptor. It owns no memory: its slab does.
struct stack {
    context self;
    stack* next = nullptr;            // in whichever list holds it
    void* occupant = nullptr;         // whose stack it is now; the fiber layer does not look inside
    char* low = nullptr;              // lowest usable byte, above the guard
    std::uint64_t* canary = nullptr;  // where neither guard could be had
};

/// All stacks of a runtime. Thread-safe. Stacks have one size, fixed by `open`.
class stack_pool {
public:
    stack_pool() = default;
    ~stack_pool();
    stack_pool(const stack_pool&) = delete;
    stack_pool& operator=(const stack_pool&) = delete;

    /// Sets the size of the stacks, in usable bytes, and where a fresh one starts.
    void open(std::size_t stack_size, entry start);
    /// Releases all memory, that of stacks in use too: nothing on them is unwound.
    void close() noexcept;

    /// A chain of at most `count` ready stacks linked by `next`, or null when the system refuses
    /// memory; `*got` is its length.
    stack* take(int count, int* got) noexcept;
    /// Takes a chain back.
    void give(stack* first, stack* last, int count) noexcept;
    /// Returns the memory of at most `count` stacks of the depot to the system, least recently used
    /// first; they are made anew when they are next taken. Returns how many it trimmed.
    int trim(int count) noexcept;

    /// The memory of all stacks, ascending; it stays until `close`. Throws std::bad_alloc.
    std::vector<memory_range> memory();
    /// Of the slot in `slab`, one of `memory()`, that `address` lies in: what is not guard.
    memory_range slot_around(memory_range slab, std::uintptr_t address) const noexcept;

    guard_kind guards() const noexcept { return guards_; }
    /// Stacks that hold memory, in the depot or outside.
    std::uint64_t warm() const noexcept { return warm_.load(platform::memory_order_relaxed); }
    /// Stacks in the depot, which hold memory and nobody uses.
    std::uint64_t unused() const noexcept {
        return depot_count_.load(platform::memory_order_relaxed);
    }
    /// Whether a stack without a guard has overflowed since it was made.
    static bool canary_died(const stack& of) noexcept;
    /// Whether `address` lies in the guard of `of`.
    bool overflows(const stack& of, const void* address) const noexcept;

private:
    struct slab {
        char* memory;
        std::size_t bytes;
    };
    bool add_slab() noexcept;
    stack* make(char* slot) noexcept;
    guard_kind probe_guard() noexcept;
    bool install_guard(char* slot) noexcept;

    std::size_t slot_bytes_ = 0;  // guard and usable bytes
    std::size_t guard_bytes_ = 0;
    entry start_ = nullptr;
    guard_kind guards_ = guard_kind::none;

    detail::spin_lock lock_;  // guards all below
    stack* depot_ = nullptr;
    platform::atomic<std::uint64_t> depot_count_{0};
    std::vector<char*> cold_;  // slots without memory
    std::vector<slab> slabs_;
    std::vector<stack*> made_stacks_;  // in sanitized builds, whose handles must be destroyed
    valgrind_stacks known_;
    char* fresh_ = nullptr;  // never used slots of the newest slab
    char* fresh_end_ = nullptr;
    std::uint64_t mprotect_left_ = 0;
    std::uint64_t made_ = 0;
    platform::atomic<std::uint64_t> warm_{0};
};

}  // namespace weft::fiber
