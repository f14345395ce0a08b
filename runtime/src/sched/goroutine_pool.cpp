#include "sched/goroutine_pool.hpp"

#include <algorithm>

namespace weft::sched {

namespace {
constexpr std::size_t slabs_first = 16;
}

descriptor_chain goroutine_pool::add_slab() {
    if (slabs_.size() == slabs_.capacity()) {
        const std::size_t wanted = std::max(slabs_first, 2 * slabs_.size());
        full_.reserve(wanted);  // so that giving back never needs memory
        slabs_.reserve(wanted);
    }
    auto slab = std::make_unique<goroutine[]>(chain_length);
    descriptor_chain chain;
    for (std::size_t i = chain_length; i > 0; --i) {
        chain.push(slab[i - 1]);
    }
    slabs_.push_back(std::move(slab));
    return chain;
}

descriptor_chain goroutine_pool::take() {
    const std::lock_guard hold(lock_);
    if (full_.empty()) {
        return add_slab();
    }
    const descriptor_chain chain = full_.back();
    full_.pop_back();
    return chain;
}

void goroutine_pool::give(descriptor_chain chain) noexcept {
    const std::lock_guard hold(lock_);
    full_.push_back(chain);
}

goroutine& goroutine_pool::take_one() {
    const std::lock_guard hold(lock_);
    if (loose_.count == 0) {
        if (full_.empty()) {
            loose_ = add_slab();
        } else {
            loose_ = full_.back();
            full_.pop_back();
        }
    }
    return *loose_.pop();
}

void goroutine_pool::give_one(goroutine& g) noexcept {
    const std::lock_guard hold(lock_);
    loose_.push(g);
}

void goroutine_pool::clear() noexcept {
    const std::lock_guard hold(lock_);
    full_.clear();
    loose_ = {};
    slabs_.clear();
}

}  // namespace weft::sched
