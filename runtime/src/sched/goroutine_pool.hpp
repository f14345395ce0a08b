// Descriptors: where they come from and how all of them are found.
#pragma once

#include <weft/detail/goroutine.hpp>
#include <weft/detail/spin_lock.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace weft::sched {

using detail::goroutine;

/// A chain of descriptors linked by `link`.
struct descriptor_chain {
    goroutine* first = nullptr;
    std::size_t count = 0;

    void push(goroutine& g) noexcept {
        g.link = first;
        first = &g;
        ++count;
    }
    goroutine* pop() noexcept {
        goroutine* g = first;
        first = g->link;
        --count;
        return g;
    }
};

/// All descriptors of a run. Thread-safe. Descriptors are handed out in chains, so that the lock is
/// taken once in `chain_length` goroutines, and a chain that comes back whole is handed out whole.
class goroutine_pool {
public:
    static constexpr std::size_t chain_length = 256;

    /// A full chain; throws std::bad_alloc.
    descriptor_chain take();
    /// Takes a full chain back.
    void give(descriptor_chain chain) noexcept;
    /// One descriptor, for who has no stock; throws std::bad_alloc.
    goroutine& take_one();
    void give_one(goroutine& g) noexcept;
    /// Calls `visit(goroutine&)` for every descriptor that was ever handed out, free ones too.
    template <class Visit>
    void for_each(Visit visit) {
        const std::lock_guard hold(lock_);
        for (const auto& slab : slabs_) {
            for (std::size_t i = 0; i < chain_length; ++i) {
                visit(slab[i]);
            }
        }
    }
    /// Destroys all descriptors.
    void clear() noexcept;

private:
    descriptor_chain add_slab();

    detail::spin_lock lock_;  // guards all below
    std::vector<descriptor_chain> full_;
    descriptor_chain loose_;  // of any length
    std::vector<std::unique_ptr<goroutine[]>> slabs_;
};

/// A processor's stock of descriptors: two chains, so that a processor whose goroutines come and go
/// around a chain's end does not go to the pool each time. Not thread-safe.
class descriptor_stock {
public:
    /// Throws std::bad_alloc.
    goroutine& take(goroutine_pool& pool) {
        if (current_.count == 0) [[unlikely]] {
            if (reserve_.count == 0) {
                reserve_ = pool.take();
            }
            std::swap(current_, reserve_);
        }
        return *current_.pop();
    }
    void give(goroutine_pool& pool, goroutine& g) noexcept {
        if (current_.count == goroutine_pool::chain_length) [[unlikely]] {
            if (reserve_.count == goroutine_pool::chain_length) {
                pool.give(reserve_);
                reserve_ = {};
            }
            std::swap(current_, reserve_);
        }
        current_.push(g);
    }
    void forget() noexcept { current_ = reserve_ = {}; }

private:
    descriptor_chain current_;
    descriptor_chain reserve_;
};

}  // namespace weft::sched
