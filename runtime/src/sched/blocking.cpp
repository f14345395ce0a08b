// Blocking calls: a machine gives its processor up, and queues for one afterwards.
#include "sched/scheduler.hpp"

#include <mutex>

namespace weft::sched {

void scheduler::enter_blocking(machine& m) noexcept {
    processor& p = *m.held;
    p.count.handoffs.add();
    if (goroutine* g = p.next.take()) {
        push_back(p, *g);
    }
    machine* heir = nullptr;
    bool is_keeper = false;
    bool wanted = false;
    {
        const std::lock_guard hold(lock_);
        ++blocking_;
        m.held = nullptr;
        m.released = &p;
        // Work waits, or nobody would be awake for timers and the network.
        wanted = !p.queue.empty() || !global_.empty() || keeper_ == nullptr;
        if (wanted) {
            heir = pop_sleeper(is_keeper);
            if (heir != nullptr) {
                heir->handed = &p;
            }
        } else {
            put_idle(p);
        }
    }
    if (!wanted) {
        platform::heavy_fence();  // as in release_processor
        if (work_anywhere()) {
            wake_one();
        }
    } else if (heir != nullptr) {
        hand(*heir, is_keeper);
    } else if (!start_machine(p, false)) {
        const std::lock_guard hold(lock_);
        put_idle(p);  // no thread to be had: the work waits until this call is over
    }
}

machine& scheduler::leave_blocking(machine& m, goroutine& g) noexcept {
    {
        const std::lock_guard hold(lock_);
        m.held = stopping() ? nullptr : take_idle(m.released);
        if (m.held != nullptr) {
            --blocking_;
            return m;
        }
    }
    const auto queue_again = [](void* argument) {
        active()->queue_after_blocking(*static_cast<goroutine*>(argument));
    };
    g.state.store(detail::goroutine_state::runnable, platform::memory_order_relaxed);
    return switch_away(m, g.stack->self, nullptr, {queue_again, &g});
}

/// The goroutine counts as blocking until it is in the queue, in one step: in between, with every
/// processor at rest, nothing else would keep the keeper from taking the run for a deadlock.
void scheduler::queue_after_blocking(goroutine& g) noexcept {
    {
        const std::lock_guard hold(lock_);
        --blocking_;
        global_.push(g);
        global_size_.store(global_.size(), platform::memory_order_relaxed);
    }
    wake_one();
}

}  // namespace weft::sched
