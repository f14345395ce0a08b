// Idle processors and sleeping machines: who is put to rest, and who is woken.
#include "platform/clock.hpp"
#include "sched/monitor.hpp"
#include "sched/scheduler.hpp"

#include <algorithm>
#include <mutex>

namespace weft::sched {

namespace {

// Asking for a thread takes some 100 ms when the system refuses: not to be done for every wake-up.
constexpr std::int64_t refusal_ns = 1'000'000'000;

}  // namespace

void scheduler::put_idle(processor& p) noexcept {
    p.next_idle = idle_;
    idle_ = &p;
    idle_count_.fetch_add(1, platform::memory_order_seq_cst);
}

processor* scheduler::take_idle(processor* preferred) noexcept {
    processor** link = &idle_;
    if (preferred != nullptr) {
        while (*link != nullptr && *link != preferred) {
            link = &(*link)->next_idle;
        }
        if (*link == nullptr) {
            link = &idle_;
        }
    }
    processor* p = *link;
    if (p != nullptr) {
        *link = p->next_idle;
        const auto before = idle_count_.fetch_sub(1, platform::memory_order_seq_cst);
        if (before == in_use_.load(platform::memory_order_relaxed)) {
            monitor_->work_began();
        }
    }
    return p;
}

machine* scheduler::pop_sleeper(bool& is_keeper) noexcept {
    is_keeper = sleepers_ == nullptr;
    machine* m = sleepers_;
    if (m != nullptr) {
        sleepers_ = m->next_idle;
    } else if (keeper_ != nullptr && keeper_->handed == nullptr) {
        m = keeper_;
    }
    return m;
}

void scheduler::hand(machine& m, bool is_keeper) noexcept {
    if (is_keeper) {
        poller_.ring();
    } else {
        futex_wakes_.fetch_add(1, platform::memory_order_relaxed);
        m.wake.set();
    }
}

void scheduler::wake_one() noexcept {
    std::int32_t nobody = 0;
    if (idle_count_.load(platform::memory_order_relaxed) == 0 ||
        !spinning_.compare_exchange_strong(nobody, 1, platform::memory_order_seq_cst)) {
        return;
    }
    bool is_keeper = false;
    machine* m = nullptr;
    processor* p = nullptr;
    {
        const std::lock_guard hold(lock_);
        p = stopping() ? nullptr : take_idle();
        if (p != nullptr) {
            m = pop_sleeper(is_keeper);
            if (m != nullptr) {
                m->handed = p;
                m->spinning = true;
            }
        }
    }
    if (m != nullptr) {
        hand(*m, is_keeper);
        return;
    }
    if (p != nullptr && start_machine(*p, true)) {
        return;
    }
    if (p != nullptr) {  // no thread to be had: the work stays where it is, and waits for one
        const std::lock_guard hold(lock_);
        lay_down(*p);
    }
    spinning_.fetch_sub(1, platform::memory_order_seq_cst);
}

bool scheduler::start_machine(processor& p, bool spinning) noexcept {
    if (const machine* caller = current_machine(); caller != nullptr && caller->is_bound()) {
        leave_start_to_monitor(p, spinning);
        return true;
    }
    if (platform::now_ns() < refused_until_ns_.load(platform::memory_order_relaxed)) {
        return false;
    }
    machine* m = nullptr;
    starting_.fetch_add(1, platform::memory_order_relaxed);
    try {
        auto fresh = std::make_unique<machine>();
        const std::lock_guard hold(lock_);
        const auto limit = static_cast<std::size_t>(settings_.max_threads);
        if (!stopping() && machines_.size() + monitor_threads < limit) {
            fresh->index = static_cast<std::uint32_t>(machines_.size());
            fresh->owner = this;
            fresh->held = &p;
            fresh->spinning = spinning;
            fresh->random.seed(static_cast<std::uint64_t>(platform::now_ns()));
            machines_.push_back(std::move(fresh));  // may throw: until then it is nobody's machine
            m = machines_.back().get();
        }
    } catch (const std::bad_alloc&) {  // as when there is no thread
    }
    if (m != nullptr) {
        m->started = m->os_thread.start("weft-" + std::to_string(m->index),
                                        &scheduler::machine_entry, m) == 0;
    }
    const bool started = m != nullptr && m->started;
    if (m != nullptr && !started) {
        refused_until_ns_.store(platform::now_ns() + refusal_ns, platform::memory_order_relaxed);
        const std::lock_guard hold(lock_);
        machines_.erase(std::find_if(machines_.begin(), machines_.end(),
                                     [m](const auto& each) { return each.get() == m; }));
    }
    starting_.fetch_sub(1, platform::memory_order_release);  // `run` reads `started` after this
    return started;
}

/// Sleeps until somebody hands the machine a processor, or the run ends.
void scheduler::sleep(machine& m) noexcept {
    bool keeper = false;
    {
        const std::lock_guard hold(lock_);
        if (stopping() || (m.away && take_back(m))) {
            return;
        }
        if (m.away) {  // its goroutine is queued, or waits: no need to count the machine any more
            m.away = false;
            --away_;
        }
        if (keeper_ == nullptr) {
            keeper_ = &m;
            keeper = true;
        } else {
            m.next_idle = sleepers_;
            sleepers_ = &m;
        }
    }
    if (keeper) {
        keep_watch(m);
        return;
    }
    if (all_idle()) {
        poller_.ring();  // everybody rests: it is the keeper who looks whether that is for good
    }
    futex_sleeps_.fetch_add(1, platform::memory_order_relaxed);
    m.wake.wait();
    const std::lock_guard hold(lock_);
    set_held(m, m.handed);
    m.handed = nullptr;
}

}  // namespace weft::sched
