// A processor's own queue of runnable goroutines.
//
// Problem. One owner pushes and pops without pause; thieves take half of it now and then; nothing
// may be lost or run twice.
//
// Rule. A ring with a head and a tail that only grow (32 bits, wrapping). The owner alone writes
// entries and the tail. Whoever takes entries, owner or thief, copies them out first and then
// claims them by a compare-and-swap on the head; a copy whose claim fails is forgotten.
//
// Why it is right. An entry between head and tail is not overwritten: the owner writes at the tail
// and only while tail - head < capacity, and its view of the head can only be too old, which makes
// the ring look fuller than it is. A thief that is delayed for so long that the ring has wrapped
// finds the head changed and its claim fails; the head would have to advance by exactly 2^32 in
// between to fool it. The tail is stored with release and loaded by thieves with acquire, so that
// they see the entries below it; the head is advanced with release and loaded by the owner with
// acquire, so that it reuses a place only after the thief has read it.
//
// Rejected: a growable Chase-Lev deque (reclamation and three fences where this has none), and last
// in first out order (the waker of many would starve the first).
#pragma once

#include "sched/goroutine_list.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace weft::sched {

class run_queue {
public:
    static constexpr std::uint32_t capacity = 256;

    run_queue() = default;
    /// Begins at another index than 0; how the wrap at 2^32 is tested.
    explicit run_queue(std::uint32_t first) noexcept : head_(first), tail_(first) {}

    /// Owner only. False when there is no room.
    bool push(goroutine& g) noexcept {
        const std::uint32_t head = head_.load(platform::memory_order_acquire);
        const std::uint32_t tail = tail_.load(platform::memory_order_relaxed);
        if (tail - head >= capacity) {
            return false;
        }
        at(tail).store(&g, platform::memory_order_relaxed);
        tail_.store(tail + 1, platform::memory_order_release);
        return true;
    }
    /// As many of `some` as there is room for, in order; returns how many.
    std::size_t push(std::span<goroutine* const> some) noexcept {
        const std::uint32_t head = head_.load(platform::memory_order_acquire);
        const std::uint32_t tail = tail_.load(platform::memory_order_relaxed);
        const auto wanted =
            static_cast<std::uint32_t>(std::min<std::size_t>(some.size(), capacity));
        const std::uint32_t count = std::min(wanted, capacity - (tail - head));
        for (std::uint32_t i = 0; i < count; ++i) {
            at(tail + i).store(some[i], platform::memory_order_relaxed);
        }
        tail_.store(tail + count, platform::memory_order_release);
        return count;
    }

    /// Owner only. Null when empty.
    goroutine* pop() noexcept {
        std::uint32_t head = head_.load(platform::memory_order_relaxed);
        while (head != tail_.load(platform::memory_order_relaxed)) {
            goroutine* g = at(head).load(platform::memory_order_relaxed);
            // The descriptor that runs after the next ones: what the place holds may be old, and
            // then the fetch is for nothing.
            const goroutine* ahead = at(head + fetched_ahead).load(platform::memory_order_relaxed);
            __builtin_prefetch(ahead, 1);
            if (head_.compare_exchange_weak(head, head + 1, platform::memory_order_acq_rel,
                                            platform::memory_order_relaxed)) {
                return g;
            }
        }
        return nullptr;
    }

    /// Owner only: takes the older half out; nothing when thieves were faster. What it returns is
    /// valid until it is called again.
    std::span<goroutine* const> pop_half() noexcept {
        std::uint32_t head = head_.load(platform::memory_order_relaxed);
        const std::uint32_t count = (tail_.load(platform::memory_order_relaxed) - head) / 2;
        for (std::uint32_t i = 0; i < count; ++i) {
            copies_[i] = at(head + i).load(platform::memory_order_relaxed);
        }
        const bool mine = head_.compare_exchange_strong(
            head, head + count, platform::memory_order_acq_rel, platform::memory_order_relaxed);
        return {copies_.data(), mine ? count : 0};
    }

    /// Any thread, with a queue of its own that is empty: takes the older half of this queue,
    /// returns one of it and leaves the rest in `mine`. Null when there was nothing.
    goroutine* steal_into(run_queue& mine) noexcept {
        const std::uint32_t my_tail = mine.tail_.load(platform::memory_order_relaxed);
        std::uint32_t head = head_.load(platform::memory_order_acquire);
        while (true) {
            const std::uint32_t tail = tail_.load(platform::memory_order_acquire);
            const std::uint32_t size = tail - head;
            if (size == 0) {
                return nullptr;
            }
            if (size > capacity) {  // head and tail are of different moments
                head = head_.load(platform::memory_order_acquire);
                continue;
            }
            const std::uint32_t count = size - size / 2;
            for (std::uint32_t i = 0; i < count; ++i) {
                mine.at(my_tail + i)
                    .store(at(head + i).load(platform::memory_order_relaxed),
                           platform::memory_order_relaxed);
            }
            if (head_.compare_exchange_weak(head, head + count, platform::memory_order_acq_rel,
                                            platform::memory_order_acquire)) {
                mine.tail_.store(my_tail + count - 1, platform::memory_order_release);
                return mine.at(my_tail + count - 1).load(platform::memory_order_relaxed);
            }
        }
    }

    /// Any thread; true may be out of date when it returns.
    bool empty() const noexcept {
        return head_.load(platform::memory_order_acquire) ==
               tail_.load(platform::memory_order_acquire);
    }

    /// Any thread; as `empty`, and of two moments.
    std::uint32_t size() const noexcept {
        const std::uint32_t head = head_.load(platform::memory_order_acquire);
        const std::uint32_t tail = tail_.load(platform::memory_order_acquire);
        return std::min(tail - head, capacity);
    }

private:
    platform::atomic<goroutine*>& at(std::uint32_t index) noexcept {
        return ring_[index % capacity];
    }
    static constexpr std::uint32_t fetched_ahead = 3;
    static_assert((capacity & (capacity - 1)) == 0, "indices wrap at 2^32");

    // Thieves write the head, the owner writes the tail: apart, each in its own pair of lines.
    alignas(platform::false_sharing_range) platform::atomic<std::uint32_t> head_{0};
    alignas(platform::false_sharing_range) platform::atomic<std::uint32_t> tail_{0};
    std::array<goroutine*, capacity / 2> copies_{};  // scratch of pop_half
    std::array<platform::atomic<goroutine*>, capacity> ring_{};
};

}  // namespace weft::sched
