// The timer of after_func.
#pragma once

#include "sched/timer_run.hpp"

#include <weft/detail/spin_lock.hpp>
#include <weft/time.hpp>

#include <memory>

namespace weft::detail {

/// Starts a function as a goroutine when its time has come; again after each reset. Held by its
/// timer and by the goroutines that run the function.
///
/// Who arms or disarms holds `lock_`, then takes the heap's. Firing holds the heap's alone, and
/// starts a goroutine, which takes locks of the scheduler's only: so stop, which asks the heap,
/// says exactly whether it kept the function from being started.
class timed_call {
public:
    timed_call(std::unique_ptr<timed_function> function, source_location started_at) noexcept;

    bool stop() noexcept;
    /// Stops, and arms anew. Throws std::logic_error outside `run`, `resource_error` without
    /// memory, and is stopped then.
    bool reset(std::int64_t ns);
    /// The one in which it was made.
    sched::bubble* bubble() const noexcept { return bubble_.get(); }

    void add_reference() noexcept { references_.fetch_add(1, platform::memory_order_relaxed); }
    void drop_reference() noexcept {
        // acq_rel: who destroys it sees what the others did with it.
        if (references_.fetch_sub(1, platform::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

private:
    struct own_timer : sched::timer {
        timed_call* call = nullptr;
    };

    static void fire(sched::timer& self, std::int64_t due_ns);

    const std::unique_ptr<timed_function> function_;
    const source_location started_at_;
    const sched::bubble_ref bubble_{sched::current_bubble()};
    platform::atomic<std::uint32_t> references_{1};
    spin_lock lock_;  // guards what follows
    own_timer timer_;
    std::uint32_t epoch_ = 0;  // the run in which it was armed last
};

}  // namespace weft::detail
