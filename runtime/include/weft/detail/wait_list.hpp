// Parties that wait for one another outside of channels.
#pragma once

#include <weft/detail/goroutine.hpp>
#include <weft/detail/spin_lock.hpp>

namespace weft::detail {

/// A party that waits in a wait_list; lives on the party's stack.
struct wait_node {
    wait_node* next = nullptr;
    goroutine* party = nullptr;
    bool handed = false;  // what the waker decided; its meaning is the list's owner's
};

/// First in, first out, with its own short lock. Who waited in an earlier run is gone, and is not
/// in the list any more.
class wait_list {
public:
    spin_lock& lock() noexcept { return lock_; }

    // Under the lock.
    bool empty() noexcept {
        drop_earlier_run();
        return head_ == nullptr;
    }
    void push_back(wait_node& node) noexcept;
    void push_front(wait_node& node) noexcept;
    wait_node* pop() noexcept;
    /// Takes all out, linked by `next`.
    wait_node* pop_all() noexcept;

    /// Parks the caller, whose `node` is in the list, and releases the lock once it is off its
    /// stack.
    void park(wait_node& node, wait_reason reason) noexcept;

private:
    void drop_earlier_run() noexcept;
    spin_lock lock_;
    wait_node* head_ = nullptr;
    wait_node* tail_ = nullptr;
    std::uint32_t epoch_ = 0;
};

/// The calling party, for a node; throws std::logic_error outside `run`.
goroutine& waiting_party();

}  // namespace weft::detail
