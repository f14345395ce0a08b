// The scheduler as threads see it that no run waits for.
#pragma once

namespace weft::sched {

class scheduler;

/// The scheduler of the active run; null outside `run`.
scheduler* active() noexcept;

/// The scheduler of the active run for a thread of the program, which no run waits for: it may
/// publish itself, and see the run end before it has counted itself as waiting. The scheduler, if
/// there is one, stays while this lives.
class foreign_use {
public:
    foreign_use() noexcept;
    ~foreign_use();
    foreign_use(const foreign_use&) = delete;
    foreign_use& operator=(const foreign_use&) = delete;
    scheduler* get() const noexcept { return scheduler_; }

private:
    scheduler* scheduler_;
};

}  // namespace weft::sched
