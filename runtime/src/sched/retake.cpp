// Taking processors from goroutines that compute without end, and coming back without one.
#include "platform/clock.hpp"
#include "sched/scheduler.hpp"

#include <mutex>

namespace weft::sched {

bool presence::begin_taking() noexcept {
    request none = request::none;
    if (!request_.compare_exchange_strong(none, request::asked, platform::memory_order_relaxed)) {
        return false;  // what was taken last has not been noticed yet
    }
    platform::heavy_fence();
    request asked = request::asked;
    if (inside_.load(platform::memory_order_acquire)) {
        // The machine may have withdrawn it already: then this fails, and nothing is to be done.
        request_.compare_exchange_strong(asked, request::none, platform::memory_order_relaxed);
        return false;
    }
    return request_.compare_exchange_strong(asked, request::taking, platform::memory_order_acq_rel);
}

bool presence::answer() noexcept {
    while (true) {
        request seen = request_.load(platform::memory_order_acquire);
        if (seen == request::none) {
            return true;
        }
        if (seen == request::asked &&
            request_.compare_exchange_strong(seen, request::none, platform::memory_order_acq_rel)) {
            return true;
        }
        if (seen == request::taken) {
            request_.store(request::none, platform::memory_order_relaxed);
            return false;
        }
        platform::yield_thread();  // the monitor is a few instructions from its decision
    }
}

/// Takes `p` from the machine that computes with it, and gives it to another. The goroutine goes on
/// without a processor, at the kernel's discretion, until its next scheduling point.
bool scheduler::retake(processor& p) noexcept {
    if (!thread_to_be_had()) {
        return false;  // nobody could use what is taken
    }
    machine* m = p.holder.load(platform::memory_order_acquire);
    if (m == nullptr) {
        return false;
    }
    if (!m->presence.begin_taking()) {
        // It is inside, perhaps nearly always, as one that starts goroutines without a pause: then
        // it sees the mark at the end of its visit.
        p.attention.store(true, platform::memory_order_relaxed);
        return false;
    }
    {
        const std::lock_guard hold(lock_);
        if (m->held != &p || stopping()) {  // it has gone on with another, or with none
            m->presence.withdraw();
            return false;
        }
        ++away_;
        m->away = true;
        m->released = &p;
    }
    if (p.track != nullptr) [[unlikely]] {
        trace_retake(p, *m);
    }
    m->presence.taken();
    retakes_.fetch_add(1, platform::memory_order_relaxed);
    pass_on(p);
    return true;
}

/// As `retake`, by the holder itself, which has found its processor marked and is about to go back
/// to the program's code.
void scheduler::relinquish(machine& m) noexcept {
    processor& p = *m.held;
    if (m.is_bound() || stopping() || !thread_to_be_had()) {
        return;  // the mark stays
    }
    {
        const std::lock_guard hold(lock_);
        if (stopping()) {
            return;
        }
        p.attention.store(false, platform::memory_order_relaxed);
        ++away_;
        m.away = true;
        m.released = &p;
        m.held = nullptr;
    }
    if (p.track != nullptr) [[unlikely]] {
        trace_retake(p, m);
    }
    retakes_.fetch_add(1, platform::memory_order_relaxed);
    pass_on(p);
}

/// Whether a sleeping or a new machine could take a processor over.
bool scheduler::thread_to_be_had() noexcept {
    const std::lock_guard hold(lock_);
    return sleepers_ != nullptr || (keeper_ != nullptr && keeper_->handed == nullptr) ||
           (machines_.size() + monitor_threads < static_cast<std::size_t>(settings_.max_threads) &&
            platform::now_ns() >= refused_until_ns_.load(platform::memory_order_relaxed));
}

/// Gives a processor that its machine has just lost to another machine, if anything waits for it.
void scheduler::pass_on(processor& p) noexcept {
    if (goroutine* g = p.next.take()) {
        push_back(p, *g);
    }
    machine* heir = nullptr;
    bool is_keeper = false;
    bool wanted = false;
    {
        const std::lock_guard hold(lock_);
        const bool gone = surplus() || claimants_ != nullptr;
        // Work waits, or nobody would be awake for timers and the network.
        wanted = !gone && (!p.queue.empty() || !global_.empty() || !locked_runnable_.empty() ||
                           keeper_ == nullptr);
        if (wanted) {
            heir = pop_sleeper(is_keeper);
            if (heir != nullptr) {
                heir->handed = &p;
            }
        } else {
            lay_down(p);
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
        lay_down(p);  // no thread to be had: who comes back takes it, and the work with it
    }
}

/// Under lock_: gives a machine that is away an idle processor. False when there is none.
bool scheduler::take_back(machine& m) noexcept {
    processor* p = stopping() ? nullptr : take_idle(m.released);
    if (p == nullptr) {
        return false;
    }
    set_held(m, p);
    if (m.away) {
        m.away = false;
        --away_;
    }
    return true;
}

void scheduler::lost_processor(machine& m) noexcept {
    m.held = nullptr;
    {
        const std::lock_guard hold(lock_);
        take_back(m);
    }
    if (m.held != nullptr && m.held->track != nullptr) [[unlikely]] {
        trace_back(m);
    }
}

machine& scheduler::come_back(machine& m, goroutine& g) noexcept {
    bool back = false;
    {
        const std::lock_guard hold(lock_);
        back = take_back(m);
    }
    if (back) {
        if (m.held->track != nullptr) [[unlikely]] {
            trace_back(m);
        }
        return m;
    }
    const auto queue_again = [](void* argument) {
        active()->push_global(*static_cast<goroutine*>(argument));
    };
    g.state.store(detail::goroutine_state::runnable, platform::memory_order_relaxed);
    return switch_away(m, g.stack->self, nullptr, {queue_again, &g});
}

}  // namespace weft::sched
