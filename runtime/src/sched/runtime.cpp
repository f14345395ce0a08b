// The public face of the scheduler: run, go, yield, blocking.
#include <weft/runtime.hpp>

#include "platform/system.hpp"
#include "sched/bubble.hpp"
#include "sched/execution.hpp"
#include "sched/goroutine_extension.hpp"
#include "sched/inspection.hpp"
#include "sched/quit_signal.hpp"
#include "sched/report.hpp"
#include "sched/settings.hpp"

#include <weft/detail/chan_core.hpp>
#include <weft/diagnostics.hpp>

#include <cstdio>
#include <cstring>
#include <iostream>
#include <stdexcept>

namespace weft {

namespace {

platform::atomic<bool> run_active{false};

/// Only one run at a time; the guard of that.
class run_claim {
public:
    run_claim() {
        if (sched::current_machine() != nullptr ||
            run_active.exchange(true, platform::memory_order_acquire)) {
            throw std::logic_error("weft: run is already active in this process");
        }
    }
    ~run_claim() { run_active.store(false, platform::memory_order_release); }
    run_claim(const run_claim&) = delete;
    run_claim& operator=(const run_claim&) = delete;
};

/// For who has no processor: a plain thread, or a goroutine that runs without one.
void start_elsewhere(const sched::machine* m, sched::scheduler& s, detail::goroutine& g) noexcept {
    if (m == nullptr) {
        sched::count_plain_thread();
    }
    if (s.trace() != nullptr) [[unlikely]] {
        sched::trace_ready_elsewhere(*s.trace(), m, g);
    }
    g.state.store(detail::goroutine_state::runnable, platform::memory_order_relaxed);
    s.push_global(g);
}

/// A goroutine whose processor was taken, and that has just done what goes to the end of a queue,
/// does the same itself: else it would go on at others' cost for as long as it need not wait.
void queue_for_processor(sched::machine* m) noexcept {
    const bool without = m != nullptr && m->held == nullptr && m->current != nullptr &&
                         !m->current->in_blocking_call && !m->presence.inside();
    if (without) {
        sched::enter_runtime(*m);
        sched::machine* now = m;
        if (m->held == nullptr) {
            now = &m->owner->come_back(*m, *m->current);
        }
        now->presence.leave();
    }
}

sched::scheduler& active_or_throw() {
    sched::scheduler* s = sched::active();
    if (s == nullptr) {
        throw std::logic_error("weft: go outside run");
    }
    return *s;
}

}  // namespace

namespace detail {

void run_scheduler(const options& settings, void (*main)(void*), void* argument,
                   source_location started_at) {
    const run_claim claim;
    const options complete = sched::complete_settings(settings);
    run_epoch.fetch_add(1, platform::memory_order_relaxed);
    sched::scheduler s(complete);
    const sched::fault_handler faults;
    const sched::quit_handler quit;
    goroutine& g = new_goroutine(started_at);
    emplace_closure(g, [&s, &g, main, argument] {
        main(argument);
        // Not after the end, when nothing that their destructors may wait for happens any more.
        if (goroutine_extension* of = g.extension.load(platform::memory_order_relaxed)) {
            sched::end_locals(*of);
        }
        s.stop();
    });
    s.run(g);
    if (!s.deadlock_report().empty()) {
        throw deadlock_error(s.deadlock_report());
    }
}

void leave_process(int status) noexcept {
    std::cout.flush();
    std::fflush(stdout);
    sched::flush_trace_at_exit();
    platform::exit_now(status);
}

goroutine& new_goroutine(source_location started_at) {
    sched::machine* m = sched::current_machine();
    sched::bubble* const joined = sched::bubble_to_join(m);
    const sched::runtime_visit visit(m);
    return active_or_throw().new_goroutine(m, started_at, joined);
}

void start_goroutine(goroutine& g) noexcept {
    sched::machine* m = sched::current_machine();
    sched::scheduler& s = m != nullptr ? *m->owner : *sched::active();
    {
        const sched::runtime_visit visit(m);
        if (m != nullptr && m->held != nullptr) {
            s.make_ready(*m->held, g);
            return;
        }
        start_elsewhere(m, s, g);
    }
    queue_for_processor(m);
}

void discard_goroutine(goroutine& g) noexcept {
    sched::machine* m = sched::current_machine();
    const sched::runtime_visit visit(m);
    sched::active()->discard_goroutine(m, g);
}

void spawn_trivial(goroutine::closure_function closure, const void* bytes, std::size_t size,
                   source_location started_at) {
    sched::machine* m = sched::current_machine();
    if (m != nullptr && !bubbles_exist()) [[likely]] {
        const sched::runtime_visit visit(m);
        sched::processor* p = m->held;
        goroutine* g = p != nullptr ? m->owner->goroutine_at_hand(*p, started_at) : nullptr;
        if (g != nullptr) [[likely]] {
            std::memcpy(g->storage, bytes, size);
            g->closure = closure;
            m->owner->make_ready(*p, *g);
            return;
        }
    }
    goroutine& g = new_goroutine(started_at);
    std::memcpy(g.storage, bytes, size);
    g.closure = closure;
    start_goroutine(g);
}

blocking_section::blocking_section() {
    sched::machine* m = sched::current_machine();
    if (m == nullptr || m->current->in_blocking_call) {
        return;
    }
    m->current->in_blocking_call = true;
    entered_ = true;
    const sched::runtime_visit visit(m);
    sched::scheduler& s = *m->owner;
    m->current->waits_since.store(s.clock().ticks(), platform::memory_order_relaxed);
    m->current->reason.store(wait_reason::blocking_call, platform::memory_order_relaxed);
    if (s.trace() != nullptr) [[unlikely]] {
        sched::trace_blocking(*s.trace(), *m);
    }
    if (m->held != nullptr) {
        s.enter_blocking(*m);
    }
}

blocking_section::~blocking_section() {
    if (entered_) {
        const int error_number = *platform::errno_address();
        sched::machine* m = sched::current_machine();
        if (m == nullptr) {
            return;  // `f` has forked, and this is the child
        }
        detail::goroutine& self = *m->current;
        self.in_blocking_call = false;
        sched::enter_runtime(*m);
        if (m->held == nullptr) {
            m = &m->owner->come_back(*m, self);
        }
        self.reason.store(wait_reason::none, platform::memory_order_relaxed);
        m->presence.leave();
        *platform::errno_address() = error_number;
    }
}

}  // namespace detail

void yield() {
    sched::machine* m = sched::current_machine();
    if (m == nullptr) {
        platform::yield_thread();
        return;
    }
    detail::goroutine& self = *m->current;
    if (self.in_blocking_call) {
        platform::yield_thread();
        return;
    }
    sched::scheduler& s = *m->owner;
    sched::enter_runtime(*m);
    if (m->held == nullptr) {
        s.come_back(*m, self).presence.leave();
        return;
    }
    detail::goroutine* next = s.pick(*m);
    if (next == nullptr && !s.must_decide(*m)) {
        m->presence.leave();
        return;
    }
    const auto queue_again = [](void* argument) {
        sched::machine* now = sched::current_machine();
        now->owner->queue_again(*now->held, *static_cast<detail::goroutine*>(argument));
    };
    s.switch_away(*m, self.stack->self, next, {queue_again, &self}).presence.leave();
}

std::uint64_t this_goroutine::id() noexcept {
    const sched::machine* m = sched::current_machine();
    return m != nullptr && m->current != nullptr ? m->current->id : 0;
}

std::size_t num_goroutine() noexcept {
    const sched::scheduler* s = sched::active();
    return s == nullptr ? 0 : static_cast<std::size_t>(s->live());
}

int procs() {
    const sched::scheduler* s = sched::active();
    return s == nullptr ? sched::complete_settings({}).procs : s->procs();
}

// Not inlined: its return address is where the caller's part of the backtrace begins.
[[gnu::noinline]] void dump(std::FILE* to) {
    const sched::foreign_use use;
    if (use.get() != nullptr) {
        sched::describe_all(*use.get(), __builtin_return_address(0), [to](std::string_view text) {
            std::fwrite(text.data(), 1, text.size(), to);
        });
    }
}

runtime_stats stats() {
    const sched::scheduler* s = sched::active();
    return s == nullptr ? runtime_stats{} : s->snapshot();
}

}  // namespace weft
