#include "sched/scheduler.hpp"

#include "platform/clock.hpp"
#include "platform/system.hpp"
#include "sched/bubble.hpp"
#include "sched/execution.hpp"
#include "sched/goroutine_extension.hpp"
#include "sched/memory_refusal.hpp"
#include "sched/monitor.hpp"
#include "sched/report.hpp"
#include "sched/settings.hpp"

#include <weft/detail/chan_core.hpp>

#include <algorithm>
#include <cstring>
#include <mutex>

namespace weft::sched {

namespace {

constexpr std::uint64_t id_batch = 16;
constexpr std::int64_t start_wait_ns = 100'000;

platform::atomic<scheduler*> the_scheduler{nullptr};
platform::atomic<int> foreign_users{0};

// The child of a fork has one thread and copies of locks that nobody will release: from the first
// instruction on it is outside of the run, and what it may do is call exec.
void leave_run_in_child() noexcept {
    the_scheduler.store(nullptr, platform::memory_order_relaxed);
    platform::set_thread_word(nullptr);
}

}  // namespace

scheduler* active() noexcept {
    return the_scheduler.load(platform::memory_order_acquire);
}

// A Dekker pair with the end of the scheduler, all seq_cst: either the user sees that there is none
// any more, or the end sees the user, and waits.
foreign_use::foreign_use() noexcept {
    foreign_users.fetch_add(1, platform::memory_order_seq_cst);
    scheduler_ = the_scheduler.load(platform::memory_order_seq_cst);
}

foreign_use::~foreign_use() {
    foreign_users.fetch_sub(1, platform::memory_order_seq_cst);
}

scheduler::scheduler(const options& settings)
    : settings_(settings),
      processors_(static_cast<std::size_t>(procs_limit(settings))),
      procs_(settings.procs),
      in_use_(settings.procs),
      trace_(settings.trace.empty() ? nullptr : std::make_unique<tracer>(settings.trace)) {
    platform::prepare_fences();
    prepare_memory_refusals();
    [[maybe_unused]] static const bool once =
        (platform::call_in_forked_child(&leave_run_in_child), true);
    poller_.open();
    stacks_.open(settings.stack_size, &run_stack);
    while (processors_.size() < static_cast<std::size_t>(settings.procs)) {
        add_processor();
    }
    for (std::size_t i = processors_.size(); i-- > 1;) {
        put_idle(processors_[i]);
    }
    machines_.push_back(std::make_unique<machine>());
    machines_.front()->owner = this;
    machines_.front()->random.seed(static_cast<std::uint64_t>(platform::now_ns()));
    monitor_ = std::make_unique<monitor>(*this);
    if (trace_ != nullptr) {
        trace_->start(*this);
    }
    // Not before there is a second thread: with that some sanitizers start one of their own.
    bystanders_ = platform::thread_ids();
    the_scheduler.store(this, platform::memory_order_release);
}

scheduler::~scheduler() {
    monitor_->end();
    the_scheduler.store(nullptr, platform::memory_order_seq_cst);
    while (foreign_users.load(platform::memory_order_seq_cst) != 0) {
        platform::yield_thread();
    }
    // What waits in this run is gone from now on, not only when the next one begins.
    detail::run_epoch.fetch_add(1, platform::memory_order_relaxed);
    for (processor& p : processors_) {
        p.timers.clear();
    }
    // What never started has a closure to destroy; what started has a stack that is not unwound.
    goroutines_.for_each([](goroutine& g) {
        const bool unstarted =
            g.state.load(platform::memory_order_relaxed) == detail::goroutine_state::runnable &&
            g.stack == nullptr;
        if (unstarted && !g.system) {
            g.closure(g, detail::closure_step::destroy);
        }
        abandon_extension(g);
    });
    poller_.close();
}

void scheduler::set_held(machine& m, processor* p) noexcept {
    m.held = p;
    if (p == nullptr) {
        return;
    }
    p->holder.store(&m, platform::memory_order_release);
    if (m.is_bound()) {
        p->attention.store(true, platform::memory_order_relaxed);
    }
}

machine& scheduler::first_machine() noexcept {
    const std::lock_guard hold(lock_);  // the monitor may start machines already
    return *machines_.front();
}

void scheduler::run(goroutine& main) {
    machine& m = first_machine();
    const platform::signal_stack alternate;
    fiber::bind_to_this_thread(m.thread);
    m.thread.owner = &m;
    fiber::adopt_thread(m.native.sanitizer);
    set_held(m, &processors_.front());
    platform::set_thread_word(&m);
    m.held->queue.push(main);
    machine_loop(m);
    platform::set_thread_word(nullptr);
    while (starting_.load(platform::memory_order_acquire) != 0) {
        platform::sleep_thread(start_wait_ns);
    }
    // No machine is added any more: `start_machine` looks at stopping_ under the lock.
    for (const auto& each : machines_) {
        if (each->started) {
            each->os_thread.join();
        }
    }
}

void scheduler::ask_for_report() noexcept {
    monitor_->ask_for_report();
}

void scheduler::stop() noexcept {
    {
        const std::lock_guard hold(lock_);
        stopping_.store(true, platform::memory_order_release);
        for (machine* m = sleepers_; m != nullptr; m = m->next_idle) {
            m->wake.set();
        }
        sleepers_ = nullptr;
        for (const auto& each : machines_) {
            if (each->aside) {
                each->wake.set();
            }
        }
    }
    for (processor& p : processors_) {
        p.attention.store(true, platform::memory_order_release);
    }
    poller_.ring();
    monitor_->run_stopped();
}

/// What a processor owes to others now and then: due timers, the network, the global queue, and the
/// front of its own queue, which a pair in the next slot would else starve.
goroutine* scheduler::serve(machine& m) noexcept {
    processor& p = *m.held;
    fire_all_due();
    const std::uint32_t tick = p.progress.load(platform::memory_order_relaxed);
    if (poller_.waited_on() && tick % (service_interval * 4) == 0) {
        goroutine_list ready;
        poller_.poll(ready);
        make_ready(p, ready);
    }
    if (global_size_.load(platform::memory_order_relaxed) != 0) {
        if (goroutine* g = pop_global(p)) {
            return g;
        }
    }
    return p.queue.pop();
}

/// Something has arrived in the global queue since `p` looked there last. Whoever looks first gets
/// it; acquire: the size that is read then is not older than the arrival.
goroutine* scheduler::take_arrival(processor& p) noexcept {
    p.seen_arrivals = arrivals_.load(platform::memory_order_acquire);
    return global_size_.load(platform::memory_order_relaxed) != 0 ? pop_global(p) : nullptr;
}

goroutine* scheduler::pop_global(processor& p) noexcept {
    const std::lock_guard hold(lock_);
    const std::size_t share = global_.size() / static_cast<std::size_t>(procs()) + 1;
    const std::size_t batch = std::min<std::size_t>(share, run_queue::capacity / 2);
    claim_for_locked(p);
    goroutine* first = global_.pop();
    global_.move_to(p.queue, batch - 1);
    publish_global_size();
    return first;
}

void scheduler::overflow(processor& p, goroutine& g) noexcept {
    p.count.queue_overflows.add();
    {
        const std::lock_guard hold(lock_);
        global_.push(p.queue.pop_half());
        global_.push(g);
        publish_global_size();
    }
    wake_one();
}

void scheduler::restock(processor& p, const goroutine& g) noexcept {
    p.stacks = stacks_.take(stacks_cached_max / 2, &p.stacks_count);
    if (p.stacks == nullptr) {
        report_no_stack(g, live(), stacks_.warm(), settings_.stack_size);
    }
}

void scheduler::give_older_stacks(processor& p) noexcept {
    fiber::stack* last = p.stacks;  // the newest stay: their memory is in the cache
    int kept = 1;
    while (kept < stacks_cached_max / 2) {
        last = last->next;
        ++kept;
    }
    fiber::stack* first_given = last->next;
    last->next = nullptr;
    fiber::stack* last_given = first_given;
    while (last_given->next != nullptr) {
        last_given = last_given->next;
    }
    stacks_.give(first_given, last_given, p.stacks_count - kept);
    p.stacks_count = kept;
}

void scheduler::make_ready(processor& p, goroutine_list& list) noexcept {
    p.count.wakes.add(list.size());
    while (goroutine* g = list.pop()) {
        if (p.track != nullptr) [[unlikely]] {
            trace_ready(p, *g);
        }
        queue_again(p, *g);
    }
}

void scheduler::queue_again(processor& p, goroutine& g) noexcept {
    if (g.kind == detail::goroutine_kind::locked) [[unlikely]] {
        g.state.store(detail::goroutine_state::runnable, platform::memory_order_relaxed);
        push_global(g);
    } else {
        push_back(p, g);
    }
}

bool scheduler::must_decide(const machine& m) const noexcept {
    const processor& p = *m.held;
    if (m.locked != nullptr && !stopping()) {  // its way through the loop is long
        return p.next.peek() != nullptr || !p.queue.empty() ||
               global_size_.load(platform::memory_order_relaxed) != 0;
    }
    return p.attention.load(platform::memory_order_relaxed);
}

void scheduler::push_global(goroutine& g) noexcept {
    {
        const std::lock_guard hold(lock_);
        add_global(g);
        count_arrival();
    }
    wake_one();
}

/// Under lock_.
void scheduler::add_global(goroutine& g) noexcept {
    if (g.kind != detail::goroutine_kind::locked) {
        global_.push(g);
    } else if (idle_ != nullptr) {
        claim(g);
    } else {
        locked_runnable_.push(g);
    }
    publish_global_size();
}

void scheduler::push_global(goroutine_list& list) noexcept {
    {
        const std::lock_guard hold(lock_);
        while (goroutine* g = list.pop()) {
            add_global(*g);
        }
        count_arrival();
    }
    wake_one();
}

std::uint64_t scheduler::next_id(processor* p) noexcept {
    if (p == nullptr) {
        return ids_.fetch_add(1, platform::memory_order_relaxed);
    }
    if (p->next_id == p->id_end) {
        p->next_id = ids_.fetch_add(id_batch, platform::memory_order_relaxed);
        p->id_end = p->next_id + id_batch;
    }
    return p->next_id++;
}

goroutine& scheduler::new_goroutine(machine* m, source_location started_at, bubble* joined) {
    processor* p = m != nullptr ? m->held : nullptr;
    goroutine* g = nullptr;
    try {
        g = p != nullptr ? &p->descriptors.take(goroutines_) : &goroutines_.take_one();
    } catch (const std::bad_alloc&) {
        refuse_memory(memory_for::goroutine);
    }
    platform::compiler_barrier();  // freed before it is filled: see inspection.hpp
    g->started_at = started_at;
    g->id = next_id(p);
    if (p != nullptr) {
        p->count.spawned.add();
    } else {
        foreign_spawned_.fetch_add(1, platform::memory_order_relaxed);
    }
    if (joined != nullptr) [[unlikely]] {
        try {
            join(*g, *joined);
        } catch (const std::bad_alloc&) {
            discard_goroutine(m, *g);
            refuse_memory(memory_for::goroutine);
        }
    }
    return *g;
}

void scheduler::discard_goroutine(machine* m, goroutine& g) noexcept {
    if (goroutine_extension* of = g.extension.load(platform::memory_order_relaxed)) {
        end_extension(*of);
    }
    if (m != nullptr && m->held != nullptr) {
        retire(*m->held, g);
    } else {
        foreign_spawned_.fetch_sub(1, platform::memory_order_relaxed);
        goroutines_.give_one(g);
    }
}

void scheduler::arm(timer& t, std::int64_t when_ns) {
    machine* m = current_machine();
    processor& p = m != nullptr && m->held != nullptr ? *m->held : processors_.front();
    const bool first = p.timers.arm(t, when_ns);
    // seq_cst on both sides: see the head of scheduler.hpp.
    const std::int64_t until = keeper_until_ns_.load(platform::memory_order_seq_cst);
    if (first && until != 0 && when_ns < until) {
        poller_.ring();
    }
}

void scheduler::arm_for_parked(timer& t, std::int64_t when_ns) noexcept {
    try {
        arm(t, when_ns);
    } catch (const std::bad_alloc&) {
        report_fatal("out of memory: no room for a timer");
    }
}

}  // namespace weft::sched
