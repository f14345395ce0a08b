#include "sched/execution.hpp"

#include "sched/bubble.hpp"
#include "sched/goexit.hpp"
#include "sched/goroutine_extension.hpp"
#include "sched/report.hpp"

#include <weft/detail/chan_core.hpp>

#include <new>
#include <stdexcept>

namespace weft::detail {
platform::atomic<std::uint32_t> run_epoch{0};
}

namespace weft::sched {

namespace {

using detail::closure_step;
using detail::goroutine_state;
using detail::wait_reason;

/// A thread of the program as a party. Counted as active from its first use of the runtime in a run
/// until it ends, but for the time that it waits in the runtime.
struct foreign_thread {
    goroutine party;
    platform::event wake;
    std::uint32_t epoch = 0;  // the run in which it is counted

    foreign_thread() { party.kind = detail::goroutine_kind::foreign; }
    foreign_thread(const foreign_thread&) = delete;
    foreign_thread& operator=(const foreign_thread&) = delete;
    ~foreign_thread() {
        const foreign_use use;
        if (scheduler* s = counted_in(use)) {
            s->foreign_thread_known(-1);
            s->foreign_thread_active(-1);
        }
    }

    /// The run it is counted in, if that is still active.
    scheduler* counted_in(const foreign_use& use) const noexcept {
        const bool same = epoch == detail::run_epoch.load(platform::memory_order_relaxed);
        return same ? use.get() : nullptr;
    }

    void count(int change) noexcept {
        const foreign_use use;
        if (scheduler* s = counted_in(use)) {
            s->foreign_thread_active(change);
        }
    }
};

/// Not inlined: see platform/thread.hpp.
[[gnu::noinline]] foreign_thread& this_foreign_thread() noexcept {
    thread_local foreign_thread self;
    return self;
}

foreign_thread& owner_of(goroutine& party) noexcept {
    // The descriptor is the first member of a standard-layout-compatible prefix.
    return *reinterpret_cast<foreign_thread*>(&party);
}

void run_closure(goroutine& g) noexcept {
    try {
        g.closure(g, closure_step::run);
    } catch (...) {
        if (!catch_exit(g)) {
            report_panic(g);
        }
    }
    g.closure(g, closure_step::destroy);
    if (auto* extension = g.extension.load(platform::memory_order_relaxed)) [[unlikely]] {
        end_extension(*extension);
    }
}

}  // namespace

void run_stack(fiber::context& self, fiber::thread_state& thread) {
    // The context is the descriptor's first member.
    fiber::stack& mine = *reinterpret_cast<fiber::stack*>(&self);
    auto* m = static_cast<machine*>(thread.owner);
    while (true) {
        auto& g = *static_cast<goroutine*>(mine.occupant);
        m->presence.leave();
        run_closure(g);
        if (fiber::stack_pool::canary_died(mine)) [[unlikely]] {
            report_stack_overflow(g);
        }
        m = current_machine();
        if (m == nullptr) [[unlikely]] {
            end_process(
                "fatal error: a goroutine went on in the child of a fork, where only exec "
                "may follow\n");
        }
        scheduler& s = *m->owner;
        enter_runtime(*m);
        if (m->held == nullptr) [[unlikely]] {
            m = &s.come_back(*m, g);
        }
        s.retire(*m->held, g);
        goroutine* next = s.pick(*m);
        const bool in_place = next != nullptr && next->stack == nullptr;
        if (m->held->track != nullptr) [[unlikely]] {
            trace_end(*m->held, in_place ? next : nullptr);
        }
        if (in_place) {
            next->stack = &mine;
            next->state.store(goroutine_state::running, platform::memory_order_relaxed);
            mine.occupant = next;
            m->current = next;
            continue;
        }
        // Into the processor's own stock, from which only this machine takes, and not before it has
        // left: complete enough.
        mine.occupant = nullptr;
        s.keep_stack(*m->held, mine);
        m = &s.switch_away(*m, self, next, {});
    }
}

goroutine& this_foreign_party() {
    const foreign_use use;
    if (use.get() == nullptr) {
        throw std::logic_error("weft: blocking outside run");
    }
    foreign_thread& self = this_foreign_thread();
    const std::uint32_t epoch = detail::run_epoch.load(platform::memory_order_relaxed);
    if (self.epoch != epoch) {
        self.epoch = epoch;
        // In this order: who sees the thread as known sees it as active afterwards
        // (`strangers_live`).
        self.count(1);
        use.get()->foreign_thread_known(1);
    }
    return self.party;
}

namespace {

void park_thread(goroutine& party, fiber::departure_action publish) noexcept {
    foreign_thread& self = owner_of(party);
    if (publish.run != nullptr) {
        publish.run(publish.argument);
    }
    // Whoever makes it ready counts it as active again, so that there is no moment in which it is
    // ready and nobody is counted.
    self.count(-1);
    self.wake.wait();
}

}  // namespace

void count_plain_thread() noexcept {
    this_foreign_party();
}

goroutine& this_party() {
    return party_on(current_machine());
}

void park(machine* m, goroutine& party, wait_reason reason,
          fiber::departure_action publish) noexcept {
    party.reason.store(reason, platform::memory_order_relaxed);
    if (m == nullptr) {
        park_thread(party, publish);
        return;
    }
    scheduler& s = *m->owner;
    party.waits_since.store(s.clock().ticks(), platform::memory_order_relaxed);
    party.state.store(goroutine_state::waiting, platform::memory_order_relaxed);
    enter_runtime(*m);
    goroutine* next = nullptr;
    if (m->held != nullptr) [[likely]] {
        m->held->count.parks.add();
        next = s.pick(*m);
    } else {
        s.count_park_elsewhere();
    }
    s.switch_away(*m, party.stack->self, next, publish).presence.leave();
}

void park(goroutine& party, wait_reason reason, fiber::departure_action publish) noexcept {
    park(current_machine(), party, reason, publish);
}

}  // namespace weft::sched

namespace weft::detail {

void ready(goroutine& party) noexcept {
    ready(party, platform::thread_word());
}

void ready(goroutine& party, void* self) noexcept {
    auto* m = static_cast<sched::machine*>(self);
    if (m != nullptr && party.kind == goroutine_kind::ordinary) [[likely]] {
        const sched::runtime_visit visit(m);
        if (sched::processor* p = m->held) [[likely]] {
            sched::count_woken(party);
            p->count.wakes.add();
            m->owner->make_ready(*p, party);
            return;
        }
    }
    const sched::foreign_use use;
    if (use.get() == nullptr) {
        return;  // the run has ended since, and with it who waited
    }
    if (m == nullptr) {
        sched::count_plain_thread();
    }
    if (party.kind == goroutine_kind::foreign) {
        sched::foreign_thread& thread = sched::owner_of(party);
        thread.count(1);
        thread.wake.set();
    } else {
        sched::count_woken(party);
        if (sched::tracer* trace = use.get()->trace()) [[unlikely]] {
            sched::trace_ready_elsewhere(*trace, m, party);
        }
        party.state.store(goroutine_state::runnable, platform::memory_order_relaxed);
        use.get()->count_wakes_elsewhere(1);
        use.get()->push_global(party);
    }
}

}  // namespace weft::detail
