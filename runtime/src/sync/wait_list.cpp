#include <weft/detail/wait_list.hpp>

#include "sched/bubble.hpp"
#include "sched/execution.hpp"

#include <weft/detail/chan_core.hpp>

namespace weft::detail {

goroutine& waiting_party() {
    return sched::this_party();
}

void wait_list::drop_earlier_run() noexcept {
    const std::uint32_t epoch = run_epoch.load(platform::memory_order_relaxed);
    if (epoch_ != epoch) {
        head_.store(nullptr, platform::memory_order_relaxed);
        tail_ = nullptr;
        epoch_ = epoch;
    }
}

void wait_list::push_back(wait_node& node) noexcept {
    drop_earlier_run();
    node.next = nullptr;
    node.prev = tail_;
    if (tail_ != nullptr) {
        tail_->next = &node;
    } else {
        head_.store(&node, platform::memory_order_relaxed);
    }
    tail_ = &node;
}

void wait_list::push_front(wait_node& node) noexcept {
    wait_node* first = front();
    node.next = first;
    node.prev = nullptr;
    if (first != nullptr) {
        first->prev = &node;
    } else {
        tail_ = &node;
    }
    head_.store(&node, platform::memory_order_relaxed);
}

void wait_list::remove(wait_node& node) noexcept {
    if (node.prev != nullptr) {
        node.prev->next = node.next;
    } else {
        head_.store(node.next, platform::memory_order_relaxed);
    }
    if (node.next != nullptr) {
        node.next->prev = node.prev;
    } else {
        tail_ = node.prev;
    }
}

wait_node* wait_list::pop() noexcept {
    wait_node* first = front();
    if (first != nullptr) {
        remove(*first);
    }
    return first;
}

wait_node* wait_list::pop_all() noexcept {
    wait_node* first = front();
    head_.store(nullptr, platform::memory_order_relaxed);
    tail_ = nullptr;
    return first;
}

namespace {
void unlock(void* lock) {
    static_cast<spin_lock*>(lock)->unlock();
}
}  // namespace

void wait_list::park(wait_node& node, wait_reason reason) noexcept {
    sched::park(*node.party, reason, {&unlock, &lock_});
}

void wait_list::park_durably(wait_node& node, wait_reason reason) noexcept {
    sched::park_durably(*node.party, reason, {&unlock, &lock_});
}

void woken_nodes::make_ready() noexcept {
    while (first_ != nullptr) {
        goroutine& party = *first_->party;
        first_ = first_->next;  // the node is gone once its party goes on
        if (party.durable.load(platform::memory_order_relaxed)) [[unlikely]] {
            sched::require_same_bubble(party);
        }
        ready(party);
    }
    last_ = nullptr;
}

}  // namespace weft::detail
