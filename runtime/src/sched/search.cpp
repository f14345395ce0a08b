// A machine's loop: searching for work.
#include "platform/clock.hpp"
#include "sched/scheduler.hpp"

#include <algorithm>
#include <mutex>

namespace weft::sched {

namespace {

// How long a machine searches before it sleeps: about what its waker would pay for waking it (a
// futex wake takes some microseconds of the waker, and 50 to 80 us until the woken one runs).
constexpr std::int64_t search_ns = 10'000;
constexpr int pauses_per_round = 32;
// A goroutine in the next slot of a busy processor is left to it for this long: a hand-off takes
// some 50 ns, so that one which takes 60 times as long is not going to happen soon.
constexpr std::int64_t next_protected_ns = 3'000;

}  // namespace

void scheduler::machine_entry(void* self) {
    auto& m = *static_cast<machine*>(self);
    const platform::signal_stack alternate;
    fiber::bind_to_this_thread(m.thread);
    m.thread.owner = &m;
    fiber::adopt_thread(m.native.sanitizer);
    platform::set_thread_word(&m);
    set_held(m, m.held);
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
        if (m.ends) {
            end_machine(m);
            return nullptr;
        }
        if (m.locked != nullptr) {
            return find_locked(m);
        }
        if (m.held == nullptr) {
            sleep(m);
            continue;
        }
        // acquire: a mark that the end of the run has set is not taken away unseen.
        if (m.held->attention.load(platform::memory_order_relaxed) &&
            m.held->attention.exchange(false, platform::memory_order_acquire)) {
            attend(m);
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
        poller_.poll(ready);
        make_ready(p, ready);
        return p.queue.pop();
    }
    return nullptr;
}

/// Looks at the other processors for a bounded time.
goroutine* scheduler::search(machine& m) noexcept {
    const std::int32_t in_use = in_use_.load(platform::memory_order_relaxed);
    const std::int32_t busy = in_use - idle_count_.load(platform::memory_order_relaxed);
    if (!m.spinning) {
        // Half of the busy ones is enough to find what there is.
        if (in_use == 1 || 2 * spinning_.load(platform::memory_order_relaxed) >= busy) {
            return nullptr;
        }
        m.spinning = true;
        spinning_.fetch_add(1, platform::memory_order_seq_cst);
    }
    processor& mine = *m.held;
    const std::int64_t begin = platform::now_ns();
    bool next_too = false;
    while (!stopping()) {
        const auto count = static_cast<std::uint32_t>(processors_.size());
        std::uint32_t at = m.random.below(count);
        for (std::uint32_t i = 0; i < count; ++i, at = at + 1 == count ? 0 : at + 1) {
            if (&processors_[at] != &mine) {
                if (goroutine* g = steal_from(m, processors_[at], next_too)) {
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

namespace {

goroutine* stolen(processor& mine, const processor& victim, goroutine& g) noexcept {
    mine.count.steals.add();
    if (mine.track != nullptr) [[unlikely]] {
        trace_steal(mine, victim, g);
    }
    return &g;
}

}  // namespace

goroutine* scheduler::steal_from(machine& m, processor& victim, bool next_too) noexcept {
    processor& mine = *m.held;
    if (!victim.queue.empty()) {
        mine.count.steal_attempts.add();
        if (goroutine* g = victim.queue.steal_into(mine.queue)) {
            return stolen(mine, victim, *g);
        }
    }
    if (next_too) {
        const void* waiting = victim.next.peek();
        const std::uint32_t progress = victim.progress.load(platform::memory_order_relaxed);
        if (waiting != nullptr && waiting == m.seen_next && progress == m.seen_progress) {
            mine.count.steal_attempts.add();
            if (goroutine* g = victim.next.steal()) {
                return stolen(mine, victim, *g);
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
                       [](const processor& p) { return !p.queue.empty(); });
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
        claim_for_locked(p);
        found = global_.pop();
        publish_global_size();
        if (found != nullptr) {
            return false;
        }
        lay_down(p);
        m.held = nullptr;
    }
    if (m.spinning) {
        m.spinning = false;
        spinning_.fetch_sub(1, platform::memory_order_seq_cst);
    }
    platform::heavy_fence();  // pairs with push_back: see the head of scheduler.hpp
    if (work_anywhere()) {
        const std::lock_guard hold(lock_);
        set_held(m, take_idle());
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

}  // namespace weft::sched
