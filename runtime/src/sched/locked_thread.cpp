// Goroutines that stay on one thread.
//
// Problem. Some libraries keep state in thread-local storage or care which thread calls them. A
// goroutine that says so must run on its machine and nobody else may, without a test in the paths
// that every other goroutine takes.
//
// Rule. A locked goroutine is never in a processor's queue: who makes it ready puts it into a list
// beside the global queue, and who looks for work there makes its machine a claimant. A claimant
// gets an idle processor, or else the next one that anybody lays down or passes on, or whose holder
// finds it marked; the one who took the goroutine out marks its own. A machine with a locked
// goroutine marks every processor that it comes to hold: so each decision leads it through its
// loop, where it passes the processor on and sleeps until its claim is served. What it must not do
// is start threads: a new one inherits what the goroutine may have locked its own for, as its CPUs
// or its name spaces. The monitor does it.
//
// Why it is right. `kind` changes only while the goroutine runs, and what makes it visible to who
// wakes it is the same that makes its waiting visible. A claim is made once per time that the
// goroutine becomes runnable, by whoever took it out of the queue, and served once, both under the
// scheduler's lock. There is no idle processor while a claim waits: a claim takes one if there is,
// and `lay_down` serves claims first.
#include "sched/goroutine_extension.hpp"
#include "sched/monitor.hpp"
#include "sched/scheduler.hpp"

#include <weft/error.hpp>

#include <algorithm>
#include <mutex>

namespace weft::sched {

namespace {

using detail::goroutine_kind;

machine& thread_of(const goroutine& g) noexcept {
    return *g.extension.load(platform::memory_order_relaxed)->locked_to;
}

}  // namespace

void scheduler::lock_to_thread(machine& m, goroutine_extension& of) {
    const auto others = static_cast<std::size_t>(settings_.max_threads) - monitor_threads - 1;
    {
        const std::lock_guard hold(lock_);
        if (locked_threads_ >= others) {  // nobody would be left to run the others
            throw resource_error(EAGAIN, std::generic_category(),
                                 "lock_os_thread: max_threads are locked already");
        }
        ++locked_threads_;
    }
    of.locked_to = &m;
    m.locked = m.current;
    m.current->kind = goroutine_kind::locked;
    if (m.held != nullptr) {
        m.held->attention.store(true, platform::memory_order_relaxed);
    }
}

void scheduler::unlock_from_thread(machine& m, goroutine_extension& of) noexcept {
    {
        const std::lock_guard hold(lock_);
        --locked_threads_;
    }
    of.locked_to = nullptr;
    m.locked = nullptr;
    m.current->kind = goroutine_kind::ordinary;
    if (m.held != nullptr) {
        // acquire: the mark may be another's by now, as in the machine's loop.
        m.held->attention.exchange(false, platform::memory_order_acquire);
        if (stopping() || procs_wait()) {
            m.held->attention.store(true, platform::memory_order_relaxed);
        }
    }
}

void scheduler::end_locked(machine& m, goroutine_extension& of) noexcept {
    of.thread_locks = 0;
    unlock_from_thread(m, of);
    m.ends = true;
    if (m.held != nullptr) {
        m.held->attention.store(true, platform::memory_order_relaxed);
    }
}

/// Under lock_, for who holds `p` and looks for work: makes claimants of the machines whose
/// goroutines have become runnable.
void scheduler::claim_for_locked(processor& p) noexcept {
    while (goroutine* g = locked_runnable_.pop()) {
        if (!claim(*g)) {
            p.attention.store(true, platform::memory_order_relaxed);
        }
    }
}

/// Under lock_: false when the machine of `g`, which is in no queue any more, has to wait.
bool scheduler::claim(goroutine& g) noexcept {
    machine& m = thread_of(g);
    if (processor* p = take_idle()) {
        m.handed = p;
        m.wake.set();
        return true;
    }
    m.next_idle = nullptr;
    (claimants_ != nullptr ? last_claimant_->next_idle : claimants_) = &m;
    last_claimant_ = &m;
    return false;
}

/// Under lock_, for who holds `p`: gives it to the first claimant, if there is one.
bool scheduler::serve_claim(processor& p) noexcept {
    machine* m = claimants_;
    if (m == nullptr) {
        return false;
    }
    claimants_ = m->next_idle;
    if (claimants_ != nullptr) {  // they wait for the next one that comes by
        p.attention.store(true, platform::memory_order_relaxed);
    }
    m->handed = &p;
    m->wake.set();
    return true;
}

/// Passes the machine's processor on, when it has one.
void scheduler::give_up(machine& m) noexcept {
    if (m.spinning) {
        stop_spinning(m);
    }
    if (processor* p = m.held) {
        m.held = nullptr;
        pass_on(*p);
    }
}

/// The loop's decision for a machine with a locked goroutine: that one, once its claim is served;
/// null at the end of the run.
goroutine* scheduler::find_locked(machine& m) noexcept {
    give_up(m);
    sleep_aside(m);
    return stopping() ? nullptr : m.locked;
}

/// Sleeps where only a claim and the end of the run find the machine. A claim that was served
/// before is waited for all the same: so the event is as unset afterwards as `sleep` wants to find
/// it.
void scheduler::sleep_aside(machine& m) noexcept {
    {
        const std::lock_guard hold(lock_);
        if (m.away) {  // its goroutine is queued, or waits
            m.away = false;
            --away_;
        }
        if (stopping()) {
            return;
        }
        m.aside = true;
    }
    if (all_idle()) {
        poller_.ring();  // as in `sleep`
    }
    futex_sleeps_.fetch_add(1, platform::memory_order_relaxed);
    m.wake.wait();
    const std::lock_guard hold(lock_);
    m.aside = false;
    set_held(m, m.handed);
    m.handed = nullptr;
}

/// A goroutine has ended that was locked to this thread, which ends with it. The thread that called
/// `run` cannot: it stands aside until the run is over.
void scheduler::end_machine(machine& m) noexcept {
    give_up(m);
    if (m.index == 0) {
        sleep_aside(m);
        return;
    }
    const std::lock_guard hold(lock_);
    if (m.away) {
        m.away = false;
        --away_;
    }
    ++ended_;
    m.ended = true;
}

/// A machine for `p`, started by a thread that nobody has locked.
void scheduler::leave_start_to_monitor(processor& p, bool spinning) noexcept {
    {
        const std::lock_guard hold(lock_);
        p.starts_spinning = spinning;
        p.next_idle = waiting_for_start_;
        waiting_for_start_ = &p;
    }
    monitor_->wake();
}

/// The monitor's part of that.
void scheduler::start_for_locked() noexcept {
    while (true) {
        processor* p = nullptr;
        {
            const std::lock_guard hold(lock_);
            p = waiting_for_start_;
            if (p == nullptr) {
                return;
            }
            waiting_for_start_ = p->next_idle;
        }
        if (!start_machine(*p, p->starts_spinning)) {  // no thread to be had
            const std::lock_guard hold(lock_);
            if (p->starts_spinning) {
                spinning_.fetch_sub(1, platform::memory_order_seq_cst);
            }
            lay_down(*p);
        }
    }
}

/// Joins the threads that have ended. The monitor's, which is the only one that follows
/// `processor::holder`.
void scheduler::reap() noexcept {
    std::unique_ptr<machine> dead;
    do {
        dead.reset();
        {
            const std::lock_guard hold(lock_);
            // Who starts a machine may not have let go of it yet.
            if (ended_ == 0 || stopping() || starting_.load(platform::memory_order_acquire) != 0) {
                return;
            }
            const auto at = std::find_if(machines_.begin(), machines_.end(),
                                         [](const auto& each) { return each->ended; });
            dead = std::move(*at);
            machines_.erase(at);
            --ended_;
        }
        for (processor& p : processors_) {
            machine* held_last = dead.get();
            p.holder.compare_exchange_strong(held_last, nullptr, platform::memory_order_relaxed);
        }
        dead->os_thread.join();
    } while (true);
}

}  // namespace weft::sched

namespace weft {

void lock_os_thread() {
    sched::machine* m = sched::current_machine();
    if (m == nullptr) {
        return;
    }
    const sched::runtime_visit visit(m);
    sched::goroutine_extension& of = sched::this_extension();
    if (of.thread_locks == 0) {
        m->owner->lock_to_thread(*m, of);
    }
    ++of.thread_locks;
}

void unlock_os_thread() {
    sched::machine* m = sched::current_machine();
    if (m == nullptr) {
        return;
    }
    const sched::runtime_visit visit(m);
    auto* of = m->current->extension.load(platform::memory_order_relaxed);
    if (of == nullptr || of->thread_locks == 0) {
        return;
    }
    if (--of->thread_locks == 0) {
        m->owner->unlock_from_thread(*m, *of);
    }
}

}  // namespace weft
