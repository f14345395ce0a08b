#include <weft/detail/wait_list.hpp>

#include "sched/execution.hpp"

namespace weft::detail {

goroutine& waiting_party() {
    return sched::this_party();
}

void wait_list::push_back(wait_node& node) noexcept {
    node.next = nullptr;
    (tail_ != nullptr ? tail_->next : head_) = &node;
    tail_ = &node;
}

void wait_list::push_front(wait_node& node) noexcept {
    node.next = head_;
    head_ = &node;
    if (tail_ == nullptr) {
        tail_ = &node;
    }
}

wait_node* wait_list::pop() noexcept {
    wait_node* first = head_;
    if (first != nullptr) {
        head_ = first->next;
        if (head_ == nullptr) {
            tail_ = nullptr;
        }
    }
    return first;
}

wait_node* wait_list::pop_all() noexcept {
    wait_node* first = head_;
    head_ = tail_ = nullptr;
    return first;
}

void wait_list::park(wait_node& node, wait_reason reason) noexcept {
    const auto unlock = [](void* lock) { static_cast<spin_lock*>(lock)->unlock(); };
    sched::park(*node.party, reason, {unlock, &lock_});
}

}  // namespace weft::detail
