// The goroutine that runs next: what the running one has just made ready.
//
// Problem. A hand-off between two goroutines of one processor goes through this slot twice for
// every message, so that locked instructions here would be a large part of its cost. But when the
// running goroutine computes on, another processor must be able to take the one that waits here.
//
// Rule. Owner and thief exclude one another by Dekker's pattern with an asymmetric fence. The owner
// raises `owner_inside_`, then looks at `thief_inside_`; the thief raises `thief_inside_`, passes a
// heavy fence, then looks at `owner_inside_`. Who sees the other inside stands back: the thief
// gives up, the owner waits until the thief has left. Both flags are plain stores; the thief pays
// for both. The owner's flag stays up while it waits, and a thief that sees it does not even raise
// its own: the owner waits for those who looked before it came, however many come after.
//
// Why it is right. By the fence's guarantee (platform/fence.hpp) at least one of them sees the
// other, so both are never inside. The slot is written only inside. Release on leaving and acquire
// on looking order the slot's contents. Thieves exclude each other by compare-and-swap.
// The guarantee is that of every look after the owner's fence, so one serves all of its waiting.
#pragma once

#include "platform/fence.hpp"
#include "platform/thread.hpp"

#include <weft/detail/goroutine.hpp>

namespace weft::sched {

using detail::goroutine;

class next_slot {
public:
    /// Owner only: puts `g` in, returns what was there.
    goroutine* exchange(goroutine* g) noexcept {
        enter();
        goroutine* before = slot_.load(platform::memory_order_relaxed);
        slot_.store(g, platform::memory_order_relaxed);
        owner_inside_.store(false, platform::memory_order_release);
        return before;
    }
    /// Owner only: takes what is there.
    goroutine* take() noexcept {
        if (slot_.load(platform::memory_order_relaxed) == nullptr) {
            return nullptr;  // only the owner fills it
        }
        return exchange(nullptr);
    }
    /// Another processor's machine: takes what is there, or null.
    goroutine* steal() noexcept {
        bool nobody = false;
        if (owner_inside_.load(platform::memory_order_relaxed) ||
            !thief_inside_.compare_exchange_strong(nobody, true, platform::memory_order_acq_rel)) {
            return nullptr;
        }
        platform::heavy_fence();
        goroutine* stolen = nullptr;
        if (!owner_inside_.load(platform::memory_order_acquire)) {
            stolen = slot_.load(platform::memory_order_relaxed);
            if (stolen != nullptr) {
                slot_.store(nullptr, platform::memory_order_relaxed);
            }
        }
        thief_inside_.store(false, platform::memory_order_release);
        return stolen;
    }
    /// Any thread: what is there now, to be compared and never followed.
    const void* peek() const noexcept { return slot_.load(platform::memory_order_relaxed); }

private:
    void enter() noexcept {
        owner_inside_.store(true, platform::memory_order_relaxed);
        platform::light_fence();
        while (thief_inside_.load(platform::memory_order_acquire))
            [[unlikely]] {
                platform::yield_thread();  // the thief is a few instructions from leaving, if it
                                           // runs
            }
    }
    platform::atomic<goroutine*> slot_{nullptr};
    platform::atomic<bool> owner_inside_{false};
    platform::atomic<bool> thief_inside_{false};
};

}  // namespace weft::sched
