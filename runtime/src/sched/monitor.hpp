// The monitor: a thread without a processor that sees to what no machine can.
#pragma once

#include "platform/futex.hpp"
#include "platform/thread.hpp"
#include "sched/late_end.hpp"
#include "sched/quit_signal.hpp"

#include <weft/detail/atomic.hpp>

#include <cstdint>
#include <vector>

namespace weft::sched {

class scheduler;

/// While goroutines run it looks every few milliseconds whether a goroutine waits in the next slot
/// of a processor that computes on while another processor is idle, takes processors from
/// goroutines that compute on while others wait, looks whether timers or the network have been left
/// alone, and gives unused stacks back to the system. It answers SIGQUIT, and says what the end of
/// the run waits for. While nothing runs it sleeps.
class monitor {
public:
    /// Starts the thread; throws resource_error when there is none to be had.
    explicit monitor(scheduler& watched);
    /// Has it look at once. For any thread.
    void wake() noexcept { wake_.set(); }
    /// Ends the thread and waits for it, unless it has ended.
    void end() noexcept;
    /// Has the thread report all goroutines, as SIGQUIT wants it. Async-signal-safe.
    void ask_for_report() noexcept;
    /// Whether one that was asked for has not been written to its end.
    bool owes_report() const noexcept {
        // In this order: what is no longer asked for is being written, or has been.
        return report_asked_.load(platform::memory_order_seq_cst) ||
               reporting_.load(platform::memory_order_seq_cst);
    }
    /// A processor was taken into use while all were idle. Under the scheduler's lock.
    void work_began() noexcept;
    /// The run has been stopped: it does not sleep any more.
    void run_stopped() noexcept { wake_.set(); }

private:
    static void entry(void* self);
    void loop() noexcept;
    void look() noexcept;
    void take_from_hogs() noexcept;
    void answer_report() noexcept;
    void trim_stacks() noexcept;

    scheduler& watched_;
    platform::thread thread_;
    platform::event wake_;
    platform::atomic<bool> ending_{false};
    platform::atomic<bool> asleep_{false};
    platform::atomic<bool> report_asked_{false};
    platform::atomic<bool> reporting_{false};
    const after_quit after_report_ = quit_setting();
    late_end late_end_;
    std::vector<std::uint32_t> seen_progress_;
    std::vector<bool> stands_still_;  // no scheduling decision since the last look
    std::uint64_t least_unused_ = 0;  // the fewest unused stacks of the present period
    int period_ticks_ = 0;
};

}  // namespace weft::sched
