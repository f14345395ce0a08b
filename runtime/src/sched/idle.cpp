// A machine's loop: searching for work, sleeping when there is none, blocking calls.
#include "platform/clock.hpp"
#include "platform/system.hpp"
#include "sched/monitor.hpp"
#include "sched/report.hpp"
#include "sched/scheduler.hpp"

#include <algorithm>
#include <mutex>

namespace weft::sched {

namespace {

// How long a machine searches before it sleeps. A wake costs some 50 to 80 us here, of which the
// waker pays a few; searching for longer than a tenth of that was measured to cost more processor
// time than the wake-ups it saves.
constexpr std::int64_t search_ns = 10'000;
constexpr int pauses_per_round = 32;
// A goroutine in the next slot of a busy processor is left to it for this long: a hand-off takes
// some 50 ns, so that one which takes 60 times as long is not going to happen soon.
constexpr std::int64_t next_protected_ns = 3'000;
constexpr std::int64_t foreign_grace_ns = 100'000'000;
// Asking for a thread takes some 100 ms when the system refuses: not to be done for every wake-up.
constexpr std::int64_t refusal_ns = 1'000'000'000;

}  // namespace

void scheduler::machine_entry(void* self) {
    auto& m = *static_cast<machine*>(self);
    const platform::signal_stack alternate;
    fiber::bind_to_this_thread(m.thread);
    m.thread.owner = &m;
    fiber::adopt_thread(m.native.sanitizer);
    platform::set_thread_word(&m);
    m.owner->machine_loop(m);
    platform::set_thread_word(nullptr);
}

void scheduler::machine_loop(machine& m) noexcept {
    while (goroutine* g = find_runnable(m)) {
        switch_away(m, m.native, g, {});
    }
}

goroutine* scheduler::find_runnable(machine& m) noexcept {
    while (!stopping()) {
        if (m.held == nullptr) {
            sleep(m);
            continue;
        }
        goroutine* g = look_around(m);
        if (g == nullptr) {
            g = search(m);
        }
        if (g != nullptr || !release_processor(m, g)) {
            if (m.spinning) {
                stop_spinning(m);
            }
            return g;
        }
    }
    return nullptr;
}

/// All that can be looked at without another processor's help.
goroutine* scheduler::look_around(machine& m) noexcept {
    processor& p = *m.held;
    fire_all_due();
    if (goroutine* g = p.next.take()) {
        return g;
    }
    if (goroutine* g = p.queue.pop()) {
        return g;
    }
    if (global_size_.load(platform::memory_order_relaxed) != 0) {
        if (goroutine* g = pop_global(p)) {
            return g;
        }
    }
    if (poller_.waited_on()) {
        goroutine_list ready;
        poller_.wait(0, ready);
        while (goroutine* g = ready.pop()) {
            push_back(p, *g);
        }
        return p.queue.pop();
    }
    return nullptr;
}

/// Looks at the other processors for a bounded time.
goroutine* scheduler::search(machine& m) noexcept {
    const auto busy = static_cast<std::int32_t>(processors_.size()) -
                      idle_count_.load(platform::memory_order_relaxed);
    if (!m.spinning) {
        // Half of the busy ones is enough to find what there is.
        if (processors_.size() == 1 || 2 * spinning_.load(platform::memory_order_relaxed) >= busy) {
            return nullptr;
        }
        m.spinning = true;
        spinning_.fetch_add(1, platform::memory_order_seq_cst);
    }
    processor& mine = *m.held;
    const std::int64_t begin = platform::now_ns();
    bool next_too = false;
    const std::vector<std::unique_ptr<processor>>& all = processors_;
    while (!stopping()) {
        const auto count = static_cast<std::uint32_t>(all.size());
        std::uint32_t at = mine.random.below(count);
        for (std::uint32_t i = 0; i < count; ++i, at = at + 1 == count ? 0 : at + 1) {
            if (all[at].get() != &mine) {
                if (goroutine* g = steal_from(m, *all[at], next_too)) {
                    return g;
                }
            }
        }
        if (goroutine* g = look_around(m)) {
            return g;
        }
        const std::int64_t spent = platform::now_ns() - begin;
        if (spent >= search_ns) {
            return nullptr;
        }
        next_too = spent >= next_protected_ns;
        for (int i = 0; i < pauses_per_round; ++i) {
            platform::pause();
        }
    }
    return nullptr;
}

goroutine* scheduler::steal_from(machine& m, processor& victim, bool next_too) noexcept {
    processor& mine = *m.held;
    if (!victim.queue.empty()) {
        mine.count.steal_attempts.add();
        if (goroutine* g = victim.queue.steal_into(mine.queue)) {
            mine.count.steals.add();
            return g;
        }
    }
    if (next_too) {
        const void* waiting = victim.next.peek();
        const std::uint32_t progress = victim.progress.load(platform::memory_order_relaxed);
        if (waiting != nullptr && waiting == m.seen_next && progress == m.seen_progress) {
            mine.count.steal_attempts.add();
            if (goroutine* g = victim.next.steal()) {
                mine.count.steals.add();
                return g;
            }
        }
        m.seen_next = waiting;
        m.seen_progress = progress;
    }
    return nullptr;
}

bool scheduler::work_anywhere() noexcept {
    if (global_size_.load(platform::memory_order_relaxed) != 0) {
        return true;
    }
    return std::any_of(processors_.begin(), processors_.end(),
                       [](const auto& p) { return !p->queue.empty(); });
}

/// Puts the machine's processor into the idle list. False when work was found at the last moment:
/// `found`, or with no `found` an end of the run.
bool scheduler::release_processor(machine& m, goroutine*& found) noexcept {
    processor& p = *m.held;
    {
        const std::lock_guard hold(lock_);
        if (stopping()) {
            return false;
        }
        if (!global_.empty()) {
            found = global_.pop();
            global_size_.store(global_.size(), platform::memory_order_relaxed);
            return false;
        }
        put_idle(p);
        m.held = nullptr;
    }
    if (m.spinning) {
        m.spinning = false;
        spinning_.fetch_sub(1, platform::memory_order_seq_cst);
    }
    platform::heavy_fence();  // pairs with push_back: see the head of scheduler.hpp
    if (work_anywhere()) {
        const std::lock_guard hold(lock_);
        m.held = take_idle();
        if (m.held != nullptr) {
            m.spinning = true;
            spinning_.fetch_add(1, platform::memory_order_seq_cst);
        }
    }
    return true;
}

void scheduler::stop_spinning(machine& m) noexcept {
    m.spinning = false;
    spinning_.fetch_sub(1, platform::memory_order_seq_cst);
    // Publishers saw this machine search and woke nobody for what it did not take.
    if (work_anywhere()) {
        wake_one();
    }
}

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
        if (before == static_cast<std::int32_t>(processors_.size())) {
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
        put_idle(*p);
    }
    spinning_.fetch_sub(1, platform::memory_order_seq_cst);
}

bool scheduler::start_machine(processor& p, bool spinning) noexcept {
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
            m = fresh.get();
            machines_.push_back(std::move(fresh));
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
        if (stopping()) {
            return;
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
    if (idle_count_.load(platform::memory_order_relaxed) ==
        static_cast<std::int32_t>(processors_.size())) {
        poller_.ring();  // everybody rests: it is the keeper who looks whether that is for good
    }
    futex_sleeps_.fetch_add(1, platform::memory_order_relaxed);
    m.wake.wait();
    const std::lock_guard hold(lock_);
    m.held = m.handed;
    m.handed = nullptr;
}

std::int64_t scheduler::first_timer_ns() const noexcept {
    std::int64_t first = no_deadline;
    for (const auto& p : processors_) {
        first = std::min(first, p->timers.next_ns());
    }
    return first;
}

/// Sleeps in the poller until there is something to do for the machine.
void scheduler::keep_watch(machine& m) noexcept {
    bool grace_over = false;
    while (true) {
        std::int64_t until = first_timer_ns();
        keeper_until_ns_.store(until, platform::memory_order_seq_cst);
        until = std::min(until, first_timer_ns());  // one may have come before it could see us
        std::int64_t timeout = -1;
        if (until != no_deadline) {
            timeout = std::max<std::int64_t>(0, until - platform::now_ns());
        }
        const bool stuck = deadlocked();
        if (stuck && (grace_over || platform::process_threads() <= own_threads())) {
            report_deadlock();
        } else if (stuck) {
            timeout = foreign_grace_ns;  // threads of the program may be about to use the runtime
        }
        goroutine_list ready;
        futex_sleeps_.fetch_add(1, platform::memory_order_relaxed);
        const int events = poller_.wait(timeout, ready);
        grace_over = stuck && events == 0;
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
            m.held = m.handed;
            m.handed = nullptr;
            keeper_ = nullptr;
            keeper_until_ns_.store(0, platform::memory_order_seq_cst);
        }
    }
    if (timer_due) {
        fire_all_due();
    }
    if (m.held != nullptr) {
        while (goroutine* g = ready.pop()) {
            push_back(*m.held, *g);
        }
    } else if (!ready.empty()) {  // every processor is busy, or the run ends
        push_global(ready);
    }
    return over;
}

void scheduler::fire_all_due() noexcept {
    if (first_timer_ns() == no_deadline) {
        return;
    }
    const std::int64_t now = platform::now_ns();
    for (const auto& each : processors_) {
        if (const std::size_t fired = each->timers.fire_due(now); fired != 0) {
            timers_fired_.fetch_add(fired, platform::memory_order_relaxed);
        }
    }
}

/// Whether nothing runs and nothing can ever make a goroutine go on.
bool scheduler::deadlocked() noexcept {
    const auto at_rest = [this] {
        const std::lock_guard hold(lock_);
        return !stopping() && blocking_ == 0 && global_.empty() &&
               idle_count_.load(platform::memory_order_relaxed) ==
                   static_cast<std::int32_t>(processors_.size()) &&
               foreign_active_.load(platform::memory_order_seq_cst) == 0 && !poller_.waited_on() &&
               !work_anywhere();
    };
    // The heaps' locks are taken outside of lock_: a timer's action may take lock_.
    return at_rest() &&
           std::none_of(processors_.begin(), processors_.end(),
                        [](const auto& p) { return p->timers.holds_report(); }) &&
           at_rest();
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
        --blocking_;
        if (!stopping()) {
            m.held = take_idle(m.released);
        }
    }
    if (m.held != nullptr) {
        return m;
    }
    const auto queue_again = [](void* argument) {
        active()->push_global(*static_cast<goroutine*>(argument));
    };
    g.state.store(detail::goroutine_state::runnable, platform::memory_order_relaxed);
    return switch_away(m, g.stack->self, nullptr, {queue_again, &g});
}

}  // namespace weft::sched
