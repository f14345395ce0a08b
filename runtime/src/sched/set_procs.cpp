// Changing the number of processors while goroutines run.
//
// Problem. Go stops the world for it. Here nothing can stop a goroutine that computes, and a
// processor that is in somebody's hands cannot be taken out of use under them.
//
// Rule. Processors in use are held or idle; the others stand in the spare list, and their number is
// a matter of the scheduler's lock. More are wanted: spare or new ones become idle, and somebody is
// woken for what waits. Fewer: idle ones become spare at once, and every processor is marked, so
// that its holder passes through the machine's loop at its next decision; as long as there are more
// in use than wanted, whoever lays a processor down, passes one on or finds its mark gives it up,
// and what is queued there goes to the global queue. The monitor takes those of goroutines that
// compute on.
//
// Why nothing is lost. Work leaves a spare processor's queues in the same step, under the lock,
// that makes it spare, by its holder; its timers stay where they are, since heaps are served by
// everybody. `in_use_` counts first when it grows and last when it shrinks, so that `all_idle`,
// which compares it with `idle_count_`, is never true by accident.
#include "sched/memory_refusal.hpp"
#include "sched/scheduler.hpp"

#include <weft/error.hpp>

#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

namespace weft::sched {

processor& scheduler::add_processor() {
    const auto index = static_cast<std::uint32_t>(processors_.size());
    return processors_.add(trace_ != nullptr ? &trace_->track_of_processor(index) : nullptr);
}

processor& scheduler::new_processor() {
    try {
        return add_processor();
    } catch (const std::bad_alloc&) {
        refuse_memory(memory_for::processor);
    }
}

int scheduler::set_procs(int n) {
    if (n > static_cast<int>(processors_.capacity())) {
        throw std::invalid_argument("weft: set_procs(" + std::to_string(n) + "): at most " +
                                    std::to_string(processors_.capacity()) +
                                    " here, and max_threads - 2");
    }
    const std::lock_guard one_at_a_time(resizing_);
    const int before = procs();
    while (processors_.size() < static_cast<std::size_t>(n)) {
        processor& fresh = new_processor();
        const std::lock_guard hold(lock_);
        fresh.next_idle = spare_;
        spare_ = &fresh;
    }
    {
        const std::lock_guard hold(lock_);
        procs_.store(n, platform::memory_order_relaxed);
        while (in_use_.load(platform::memory_order_relaxed) < n) {
            processor* p = spare_;
            spare_ = p->next_idle;
            in_use_.fetch_add(1, platform::memory_order_seq_cst);
            lay_down(*p);
        }
        while (surplus() && idle_ != nullptr) {
            make_spare(*take_idle());
        }
        if (surplus()) {
            for (processor& p : processors_) {
                p.attention.store(true, platform::memory_order_release);
            }
        }
    }
    platform::heavy_fence();  // as in release_processor
    if (n > before && work_anywhere()) {
        wake_one();
    }
    return before;
}

bool scheduler::procs_wait() noexcept {
    const std::lock_guard hold(lock_);
    return surplus() || claimants_ != nullptr;
}

/// Under lock_: whether more processors are in use than wanted.
bool scheduler::surplus() const noexcept {
    return in_use_.load(platform::memory_order_relaxed) > procs();
}

/// Under lock_, for who holds `p`: takes it out of use. Work that was queued there waits in the
/// global queue then, for a machine that the caller wakes once it has let go of the lock.
void scheduler::make_spare(processor& p) noexcept {
    if (goroutine* g = p.next.take()) {
        global_.push(*g);
    }
    while (goroutine* g = p.queue.pop()) {
        global_.push(*g);
    }
    publish_global_size();
    if (fiber::stack* first = p.stacks) {
        fiber::stack* last = first;
        while (last->next != nullptr) {
            last = last->next;
        }
        stacks_.give(first, last, p.stacks_count);
        p.stacks = nullptr;
        p.stacks_count = 0;
    }
    p.next_idle = spare_;
    spare_ = &p;
    in_use_.fetch_sub(1, platform::memory_order_seq_cst);
}

/// Under lock_, for who holds `p` and has no use for it.
void scheduler::lay_down(processor& p) noexcept {
    if (surplus()) {
        make_spare(p);
    } else if (!serve_claim(p)) {
        put_idle(p);
    }
}

/// The processor's mark is set: gives the processor up when it is one too many, or when a locked
/// goroutine waits for one.
void scheduler::attend(machine& m) noexcept {
    processor& p = *m.held;
    {
        const std::lock_guard hold(lock_);
        if (surplus()) {
            make_spare(p);
        } else if (!serve_claim(p)) {
            return;
        }
        m.held = nullptr;
    }
    if (m.spinning) {
        stop_spinning(m);
    } else if (work_anywhere()) {
        wake_one();
    }
}

}  // namespace weft::sched

namespace weft {

int set_procs(int n) {
    if (n < 1) {
        return procs();
    }
    sched::machine* m = sched::current_machine();
    const sched::foreign_use use;
    if (use.get() == nullptr) {
        throw std::logic_error("weft: set_procs outside run");
    }
    const sched::runtime_visit visit(m);
    return use.get()->set_procs(n);
}

}  // namespace weft
