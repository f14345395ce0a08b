// Descriptors: where they come from and how all of them are found.
#pragma once

#include <weft/detail/goroutine.hpp>
#include <weft/detail/spin_lock.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace weft::sched {

using detail::goroutine;

/// A fixed number of free descriptors at most. Pointers in an array, and not a chain through the
/// descriptors: the one that is handed out after the next is known in time to be fetched ahead (a
/// third of the cost of a batch of 10^5 goroutines was waiting for it, as measured).
struct magazine {
    static constexpr std::size_t capacity = 256;

    bool empty() const noexcept { return count == 0; }
    bool full() const noexcept { return count == capacity; }
    void push(goroutine& g) noexcept { free[count++] = &g; }
    goroutine& pop() noexcept {
        goroutine& g = *free[--count];
        if (count >= fetched_ahead) {
            __builtin_prefetch(free[count - fetched_ahead], 1);
        }
        return g;
    }

    static constexpr std::size_t fetched_ahead = 4;
    std::size_t count = 0;
    std::array<goroutine*, capacity> free{};
};

/// All descriptors of a run. Thread-safe. They are handed out and taken back in full magazines, so
/// that the lock is taken once in `magazine::capacity` goroutines.
///
/// There are as many magazines in the pool as slabs of descriptors were made, each slab a
/// magazine's fill: whoever gives a full one back finds an empty one, without memory being needed.
class goroutine_pool {
public:
    /// Exchanges an empty magazine for a full one; throws std::bad_alloc, with nothing changed.
    void refill(std::unique_ptr<magazine>& stock);
    /// Exchanges a full magazine for an empty one.
    void relieve(std::unique_ptr<magazine>& stock) noexcept;
    /// One descriptor, for who has no stock; throws std::bad_alloc.
    goroutine& take_one();
    void give_one(goroutine& g) noexcept;
    /// Calls `visit(goroutine&)` for every descriptor that was ever made, free ones too.
    template <class Visit>
    void for_each(Visit visit) {
        for (std::size_t i = 0; goroutine* first = slab(i); ++i) {
            std::for_each_n(first, slab_size, visit);
        }
    }
    /// The `index`th slab of `slab_size` descriptors, which stay as long as the pool; null when
    /// there are not as many.
    goroutine* slab(std::size_t index) noexcept {
        const std::lock_guard hold(lock_);
        return index < slabs_.size() ? slabs_[index].get() : nullptr;
    }
    static constexpr std::size_t slab_size = magazine::capacity;

private:
    void refill_locked(std::unique_ptr<magazine>& stock);
    void relieve_locked(std::unique_ptr<magazine>& stock) noexcept;
    void add_slab();

    detail::spin_lock lock_;  // guards all below
    std::vector<std::unique_ptr<magazine>> full_;
    std::vector<std::unique_ptr<magazine>> empty_;
    std::unique_ptr<magazine> loose_ = std::make_unique<magazine>();
    std::vector<std::unique_ptr<goroutine[]>> slabs_;
};

/// A processor's stock of descriptors: two magazines, so that a processor whose goroutines come and
/// go around the end of one does not go to the pool each time. Not thread-safe.
class descriptor_stock {
public:
    /// Throws std::bad_alloc.
    goroutine& take(goroutine_pool& pool) {
        if (current_->empty()) [[unlikely]] {
            if (reserve_->empty()) {
                pool.refill(reserve_);
            }
            std::swap(current_, reserve_);
        }
        return current_->pop();
    }
    /// One that needs nothing of the pool; null where `take` must be asked.
    goroutine* take_at_hand() noexcept { return current_->empty() ? nullptr : &current_->pop(); }
    void give(goroutine_pool& pool, goroutine& g) noexcept {
        if (current_->full()) [[unlikely]] {
            if (reserve_->full()) {
                pool.relieve(reserve_);
            }
            std::swap(current_, reserve_);
        }
        current_->push(g);
    }

private:
    std::unique_ptr<magazine> current_ = std::make_unique<magazine>();
    std::unique_ptr<magazine> reserve_ = std::make_unique<magazine>();
};

}  // namespace weft::sched
