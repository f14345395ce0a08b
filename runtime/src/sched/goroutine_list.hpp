// A first-in-first-out list of goroutines, linked through their descriptors.
#pragma once

#include <weft/detail/goroutine.hpp>

#include <cstddef>

namespace weft::sched {

using detail::goroutine;

/// Not thread-safe. A goroutine is in one list or queue at a time.
class goroutine_list {
public:
    bool empty() const noexcept { return head_ == nullptr; }
    std::size_t size() const noexcept { return size_; }
    void push(goroutine& g) noexcept {
        g.link = nullptr;
        if (tail_ != nullptr) {
            tail_->link = &g;
        } else {
            head_ = &g;
        }
        tail_ = &g;
        ++size_;
    }
    goroutine* pop() noexcept {
        goroutine* first = head_;
        if (first != nullptr) {
            head_ = first->link;
            if (head_ == nullptr) {
                tail_ = nullptr;
            }
            --size_;
        }
        return first;
    }
    template <class Visit>
    void for_each(Visit visit) const {
        for (goroutine* g = head_; g != nullptr; g = g->link) {
            visit(*g);
        }
    }
    /// Moves all of `other` behind what is here.
    void append(goroutine_list& other) noexcept {
        if (other.head_ == nullptr) {
            return;
        }
        (tail_ != nullptr ? tail_->link : head_) = other.head_;
        tail_ = other.tail_;
        size_ += other.size_;
        other = goroutine_list{};
    }

private:
    goroutine* head_ = nullptr;
    goroutine* tail_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace weft::sched
