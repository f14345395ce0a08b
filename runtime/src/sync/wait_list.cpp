#include <weft/detail/wait_list.hpp>

#include "sched/execution.hpp"

#include <weft/detail/chan_core.hpp>

namespace weft::detail {

goroutine& waiting_party() {
    return sched::this_party();
}

void wait_list::drop_earlier_run() noexcept {
    const std::uint32_t epoch = run_epoch.load(platform::memory_order_relaxed);
    if (epoch_ != epoch) {
        head_ = tail_ = nullptr;
        epoch_ = epoch;
    }
}

void wait_list::push_back(wait_node& node) noexcept {
    drop_earlier_run();
    node.next = nullptr;
    (tail_ != nullptr ? tail_->next : head_) = &node;
    tail_ = &node;
}

void wait_list::push_front(wait_node& node) noexcept {
    drop_earlier_run();
    node.next = head_;
    head_ = &node;
    if (tail_ == nullptr) {
        tail_ = &node;
    }
}

wait_node* wait_list::pop() noexcept {
    drop_earlier_run();
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
    drop_earlier_run();
    wait_node* first = head_;
    head_ = tail_ = nullptr;
    return first;
}

void wait_list::park(wait_node& node, wait_reason reason) noexcept {
    const auto unlock = [](void* lock) { static_cast<spin_lock*>(lock)->unlock(); };
    sched::park(*node.party, reason, {unlock, &lock_});
}

}  // namespace weft::detail
