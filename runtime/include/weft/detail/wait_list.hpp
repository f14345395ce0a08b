// Parties that wait for one another outside of channels.
#pragma once

#include <weft/detail/goroutine.hpp>
#include <weft/detail/spin_lock.hpp>

namespace weft::detail {

/// A party that waits in a wait_list; lives on the party's stack.
struct wait_node {
    wait_node* next = nullptr;
    wait_node* prev = nullptr;
    goroutine* party = nullptr;
    bool handed = false;  // what the waker decided; its meaning is the list's owner's
};

/// First in, first out, with its own short lock. Who waited in an earlier run is gone, and is not
/// in the list any more.
class wait_list {
public:
    spin_lock& lock() noexcept { return lock_; }

    // Under the lock.
    bool empty() noexcept { return front() == nullptr; }
    wait_node* front() noexcept {
        drop_earlier_run();
        return head_.load(platform::memory_order_relaxed);
    }
    void push_back(wait_node& node) noexcept;
    void push_front(wait_node& node) noexcept;
    wait_node* pop() noexcept;
    /// Takes out `node`, which is in the list.
    void remove(wait_node& node) noexcept;
    /// Takes all out, linked by `next`.
    wait_node* pop_all() noexcept;

    /// Without the lock: false when somebody waits whose `push_back` happened before.
    bool empty_hint() const noexcept {
        return head_.load(platform::memory_order_relaxed) == nullptr;
    }

    /// Parks the caller, whose `node` is in the list, and releases the lock once it is off its
    /// stack.
    void park(wait_node& node, wait_reason reason) noexcept;
    /// The same, where only the caller's bubble can make it go on, if it is in one.
    void park_durably(wait_node& node, wait_reason reason) noexcept;

private:
    void drop_earlier_run() noexcept;
    spin_lock lock_;
    platform::atomic<wait_node*> head_{nullptr};  // written under the lock
    wait_node* tail_ = nullptr;
    std::uint32_t epoch_ = 0;
};

/// Who was taken out of a list under its lock and is to go on once that is released, in order. Only
/// of parties that are parked: their nodes stay until they are made ready.
class woken_nodes {
public:
    woken_nodes() = default;
    woken_nodes(const woken_nodes&) = delete;
    woken_nodes& operator=(const woken_nodes&) = delete;

    void add(wait_node& node) noexcept {
        node.next = nullptr;
        (last_ != nullptr ? last_->next : first_) = &node;
        last_ = &node;
    }
    void make_ready() noexcept;

private:
    wait_node* first_ = nullptr;
    wait_node* last_ = nullptr;
};

/// The calling party, for a node; throws std::logic_error outside `run`.
goroutine& waiting_party();

}  // namespace weft::detail
