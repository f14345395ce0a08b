#include "sched/goroutine_pool.hpp"

#include <algorithm>

namespace weft::sched {

namespace {
constexpr std::size_t slabs_first = 16;
}

void goroutine_pool::add_slab() {
    if (slabs_.size() == slabs_.capacity()) {
        const std::size_t wanted = std::max(slabs_first, 2 * slabs_.size());
        full_.reserve(wanted);  // so that giving back never needs memory
        empty_.reserve(wanted);
        slabs_.reserve(wanted);
    }
    auto filled = std::make_unique<magazine>();
    auto slab = std::make_unique<goroutine[]>(magazine::capacity);
    for (std::size_t i = magazine::capacity; i > 0; --i) {
        filled->push(slab[i - 1]);
    }
    full_.push_back(std::move(filled));
    slabs_.push_back(std::move(slab));
}

void goroutine_pool::refill_locked(std::unique_ptr<magazine>& stock) {
    if (full_.empty()) {
        add_slab();
    }
    std::swap(stock, full_.back());
    empty_.push_back(std::move(full_.back()));
    full_.pop_back();
}

void goroutine_pool::relieve_locked(std::unique_ptr<magazine>& stock) noexcept {
    std::swap(stock, empty_.back());
    full_.push_back(std::move(empty_.back()));
    empty_.pop_back();
}

void goroutine_pool::refill(std::unique_ptr<magazine>& stock) {
    const std::lock_guard hold(lock_);
    refill_locked(stock);
}

void goroutine_pool::relieve(std::unique_ptr<magazine>& stock) noexcept {
    const std::lock_guard hold(lock_);
    relieve_locked(stock);
}

goroutine& goroutine_pool::take_one() {
    const std::lock_guard hold(lock_);
    if (loose_->empty()) {
        refill_locked(loose_);
    }
    return loose_->pop();
}

void goroutine_pool::give_one(goroutine& g) noexcept {
    const std::lock_guard hold(lock_);
    if (loose_->full()) {
        relieve_locked(loose_);
    }
    loose_->push(g);
}

}  // namespace weft::sched
