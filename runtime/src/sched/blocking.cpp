// Blocking calls: a machine gives its processor up; `come_back` queues for one afterwards.
#include "sched/scheduler.hpp"

#include <mutex>

namespace weft::sched {

void scheduler::enter_blocking(machine& m) noexcept {
    processor& p = *m.held;
    p.count.handoffs.add();
    {
        const std::lock_guard hold(lock_);
        ++away_;
        m.away = true;
        m.held = nullptr;
        m.released = &p;
    }
    pass_on(p);
}

}  // namespace weft::sched
