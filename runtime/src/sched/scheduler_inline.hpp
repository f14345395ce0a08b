// What every park, wake and spawn goes through. Included by scheduler.hpp.
#pragma once

#include "sched/scheduler.hpp"

namespace weft::sched {

/// From the program's code into the runtime. Afterwards `held` is null when the processor was taken
/// and none was idle.
inline void enter_runtime(machine& m) noexcept {
    if (!m.presence.enter()) [[unlikely]] {
        m.owner->lost_processor(m);
    }
}

/// A visit to the runtime that does not switch. May be made from inside, and by a plain thread,
/// which has no machine.
class runtime_visit {
public:
    explicit runtime_visit(machine* m) noexcept
        : entered_(m != nullptr && !m->presence.inside() ? m : nullptr) {
        if (entered_ != nullptr) {
            enter_runtime(*entered_);
        }
    }
    ~runtime_visit() {
        if (entered_ != nullptr) {
            const processor* p = entered_->held;
            if (p != nullptr && p->attention.load(platform::memory_order_relaxed)) [[unlikely]] {
                entered_->owner->relinquish(*entered_);
            }
            entered_->presence.leave();
        }
    }
    runtime_visit(const runtime_visit&) = delete;
    runtime_visit& operator=(const runtime_visit&) = delete;

private:
    machine* const entered_;
};

inline goroutine* scheduler::pick(machine& m) noexcept {
    processor& p = *m.held;
    const std::uint32_t tick = p.progress.load(platform::memory_order_relaxed) + 1;
    p.progress.store(tick, platform::memory_order_relaxed);
    if (p.attention.load(platform::memory_order_relaxed)) [[unlikely]] {
        return nullptr;
    }
    if (tick % service_interval == 0) [[unlikely]] {
        if (goroutine* g = serve(m)) {
            return g;
        }
    } else if (tick % arrival_interval == 0 &&
               arrivals_.load(platform::memory_order_relaxed) != p.seen_arrivals) [[unlikely]] {
        if (goroutine* g = take_arrival(p)) {
            return g;
        }
    }
    if (goroutine* g = p.next.take()) {
        p.count.runnext_hits.add();
        return g;
    }
    return p.queue.pop();
}

inline void scheduler::push_back(processor& p, goroutine& g) noexcept {
    g.state.store(detail::goroutine_state::runnable, platform::memory_order_relaxed);
    if (!p.queue.push(g)) [[unlikely]] {
        overflow(p, g);
        return;
    }
    platform::light_fence();  // pairs with the heavy fence of a machine that goes to sleep
    if (idle_count_.load(platform::memory_order_relaxed) != 0 &&
        spinning_.load(platform::memory_order_relaxed) == 0) {
        wake_one();
    }
}

inline void scheduler::make_ready(processor& p, goroutine& g) noexcept {
    if (p.track != nullptr) [[unlikely]] {
        trace_ready(p, g);
    }
    g.state.store(detail::goroutine_state::runnable, platform::memory_order_relaxed);
    if (goroutine* displaced = p.next.exchange(&g)) {
        push_back(p, *displaced);
    }
}

inline goroutine* scheduler::goroutine_at_hand(processor& p, source_location started_at) noexcept {
    goroutine* g = p.descriptors.take_at_hand();
    if (g != nullptr) {
        platform::compiler_barrier();  // freed before it is filled: see inspection.hpp
        g->started_at = started_at;
        g->id = p.next_id != p.id_end ? p.next_id++ : next_id(&p);
        p.count.spawned.add();
    }
    return g;
}

inline void scheduler::bind_stack(processor& p, goroutine& g) noexcept {
    if (p.stacks == nullptr) [[unlikely]] {
        restock(p, g);
    }
    fiber::stack* s = p.stacks;
    p.stacks = s->next;
    --p.stacks_count;
    s->occupant = &g;
    g.stack = s;
}

inline void scheduler::keep_stack(processor& p, fiber::stack& s) noexcept {
    if (p.stacks_count >= stacks_cached_max) [[unlikely]] {
        give_older_stacks(p);
    }
    s.next = p.stacks;
    p.stacks = &s;
    ++p.stacks_count;
}

inline machine& scheduler::switch_away(machine& m, fiber::context& from, goroutine* next,
                                       fiber::departure_action publish) noexcept {
    processor* p = m.held;
    fiber::context* to = &m.native;
    if (p != nullptr) {
        if (p->track != nullptr) [[unlikely]] {
            trace_switch(m, next);
        }
    } else if (m.off_processor) {
        trace_off_processor_end(m);
    }
    if (next != nullptr) {
        if (next->stack == nullptr) {
            bind_stack(*p, *next);
        }
        next->state.store(detail::goroutine_state::running, platform::memory_order_relaxed);
        to = &next->stack->self;
    }
    m.current = next;
    if (p != nullptr) {
        p->count.switches.add();
    }
    fiber::thread_state& now = fiber::switch_to(from, *to, m.thread, publish);
    return *static_cast<machine*>(now.owner);
}

inline void scheduler::retire(processor& p, goroutine& g) noexcept {
    g.state.store(detail::goroutine_state::free, platform::memory_order_relaxed);
    g.stack = nullptr;
    p.count.finished.add();
    p.descriptors.give(goroutines_, g);
}

}  // namespace weft::sched
