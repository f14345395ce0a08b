// The keeper: the idle machine that sleeps in the poller, sees to timers, and notices a deadlock.
#include "platform/clock.hpp"
#include "platform/system.hpp"
#include "sched/monitor.hpp"
#include "sched/report.hpp"
#include "sched/scheduler.hpp"

#include <algorithm>
#include <mutex>

namespace weft::sched {

namespace {

// How often to look whether threads that may yet use the runtime are still there.
constexpr std::int64_t strangers_poll_ns = 50'000'000;
// Who fires holds the heap's lock, and has the goroutines that wake in a queue of its own: of a
// thousand that are due at once, others are to have their part before all of them have fired.
constexpr std::size_t fired_at_once = 64;

}  // namespace

std::int64_t scheduler::first_timer_ns() const noexcept {
    std::int64_t first = no_deadline;
    for (const processor& p : processors_) {
        first = std::min(first, p.timers.next_ns());
    }
    return first;
}

/// Sleeps in the poller until there is something to do for the machine.
void scheduler::keep_watch(machine& m) noexcept {
    while (true) {
        std::int64_t until = first_timer_ns();
        keeper_until_ns_.store(until, platform::memory_order_seq_cst);
        until = std::min(until, first_timer_ns());  // one may have come before it could see us
        std::int64_t timeout = -1;
        if (until != no_deadline) {
            timeout = std::max<std::int64_t>(0, until - platform::now_ns());
        }
        if (deadlocked()) {
            // Who asked first is answered first: what SIGQUIT wants is not to be ended by this.
            if (strangers_live() || monitor_->owes_report()) {
                timeout = strangers_poll_ns;
            } else if (deadlocked()) {  // still: none of them has become active since
                report_deadlock();
            }
        }
        goroutine_list ready;
        futex_sleeps_.fetch_add(1, platform::memory_order_relaxed);
        poller_.wait(timeout, ready);
        if (end_watch(m, ready)) {
            return;
        }
    }
}

/// True when the machine has a processor, or the run ends.
bool scheduler::end_watch(machine& m, goroutine_list& ready) noexcept {
    const std::int64_t now = platform::now_ns();
    const bool timer_due = first_timer_ns() <= now;
    bool over = false;
    {
        const std::lock_guard hold(lock_);
        if (m.handed == nullptr && !stopping() && (!ready.empty() || timer_due)) {
            m.handed = take_idle();
        }
        over = m.handed != nullptr || stopping();
        if (over) {
            set_held(m, m.handed);
            m.handed = nullptr;
            keeper_ = nullptr;
            keeper_until_ns_.store(0, platform::memory_order_seq_cst);
        }
    }
    if (timer_due) {
        fire_all_due();
    }
    if (m.held != nullptr) {
        make_ready(*m.held, ready);
    } else if (!ready.empty()) {  // every processor is busy, or the run ends
        count_wakes_elsewhere(ready.size());
        if (trace_ != nullptr) [[unlikely]] {
            ready.for_each([this](goroutine& g) { trace_ready_elsewhere(*trace_, nullptr, g); });
        }
        push_global(ready);
    }
    return over;
}

void scheduler::fire_all_due() noexcept {
    if (first_timer_ns() == no_deadline) {
        return;
    }
    const std::int64_t now = platform::now_ns();
    for (processor& each : processors_) {
        if (const std::size_t fired = each.timers.fire_due(now, fired_at_once); fired != 0) {
            timers_fired_.fetch_add(fired, platform::memory_order_relaxed);
        }
    }
}

/// Whether nothing runs and nothing can ever make a goroutine go on.
///
/// A timer is asked without its channel's lock, so a thread that arrives meanwhile may go unseen.
/// Whoever waits stays as he was between two rests; a thread of this run that first comes between
/// them is known afterwards, and the second call sees what it left: it counted itself out of
/// foreign_active_, seq_cst, after it had queued itself.
bool scheduler::deadlocked() noexcept {
    const auto at_rest = [this] {
        const std::lock_guard hold(lock_);
        return !stopping() && away_ == 0 && global_.empty() && locked_runnable_.empty() &&
               all_idle() && foreign_active_.load(platform::memory_order_seq_cst) == 0 &&
               !poller_.waited_on() && !work_anywhere();
    };
    // The heaps' locks are taken outside of lock_: a timer's action may take lock_.
    return at_rest() &&
           std::none_of(processors_.begin(), processors_.end(),
                        [](processor& p) { return p.timers.holds_report(); }) &&
           at_rest();
}

/// Whether there are threads, born in this run, that have not used the runtime: any may be about to
/// send what everybody waits for. A thread that is older counts from its first use on.
bool scheduler::strangers_live() noexcept {
    std::size_t born_in_run = 0;
    for (const int id : platform::thread_ids()) {
        born_in_run += is_bystander(id) ? 0U : 1U;
    }
    const auto known = static_cast<std::size_t>(
        std::max(0, foreign_born_in_run_.load(platform::memory_order_seq_cst)));
    const std::lock_guard hold(lock_);
    return born_in_run > known + machines_.size() - ended_ - 1;  // the first machine's called `run`
}

bool scheduler::is_bystander(int thread_id) const noexcept {
    return std::binary_search(bystanders_.begin(), bystanders_.end(), thread_id);
}

void scheduler::report_deadlock() noexcept {
    std::string report = describe_deadlock(*this);
    if (settings_.on_deadlock == on_deadlock::exit) {
        end_process(report);
    }
    deadlock_report_ = std::move(report);
    stop();
}

void scheduler::appoint_keeper() noexcept {
    machine* m = nullptr;
    {
        const std::lock_guard hold(lock_);
        if (keeper_ == nullptr && sleepers_ != nullptr) {
            m = sleepers_;
            sleepers_ = m->next_idle;
        }
    }
    if (m != nullptr) {
        m->wake.set();  // with no processor in hand it goes to sleep again, as the keeper
    }
}

}  // namespace weft::sched
