#include "sched/timer_run.hpp"

#include "platform/clock.hpp"
#include "sched/memory_refusal.hpp"

#include <weft/detail/chan_core.hpp>
#include <weft/error.hpp>

#include <new>
#include <stdexcept>

namespace weft::sched {

std::int64_t deadline_after(std::int64_t ns) noexcept {
    const std::int64_t now = platform::now_ns();
    return ns > no_deadline - now ? no_deadline : now + ns;
}

timer_run::timer_run() noexcept {
    if (const machine* m = current_machine()) {
        scheduler_ = m->owner;
    } else {
        scheduler_ = foreign_.emplace().get();
    }
    epoch_ = detail::run_epoch.load(platform::memory_order_relaxed);
}

void timer_run::require() const {
    if (scheduler_ == nullptr) {
        throw std::logic_error("weft: a timer outside run");
    }
}

void timer_run::arm(timer& t, std::int64_t ns, bubble* of) const {
    try {
        if (of != nullptr) {
            of->arm(t, ns);
        } else {
            scheduler_->arm(t, deadline_after(ns));
        }
    } catch (const std::bad_alloc&) {
        refuse();
    }
}

void timer_run::refuse() {
    refuse_memory(memory_for::timer);
}

}  // namespace weft::sched
