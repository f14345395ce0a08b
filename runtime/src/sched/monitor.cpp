#include "sched/monitor.hpp"

#include "platform/clock.hpp"
#include "sched/scheduler.hpp"

#include <algorithm>
#include <mutex>

namespace weft::sched {

namespace {
constexpr std::int64_t tick_ns = coarse_clock::tick_ns;
constexpr int idle_ticks_before_sleep = 10;
// Stacks that nobody has used for about a second go back, a bounded number at a time.
constexpr int trim_period_ticks = 100;
constexpr int trimmed_per_tick = 4096;
}  // namespace

monitor::monitor(scheduler& watched)
    : watched_(watched),
      seen_progress_(watched.processors().capacity()),
      stands_still_(watched.processors().capacity()) {
    if (const int error = thread_.start("weft-monitor", &monitor::entry, this); error != 0) {
        throw resource_error(error, std::generic_category(), "the runtime needs a thread");
    }
}

void monitor::end() noexcept {
    if (ending_.exchange(true, platform::memory_order_acq_rel)) {
        return;
    }
    wake_.set();
    thread_.join();
}

void monitor::ask_for_report() noexcept {
    report_asked_.store(true, platform::memory_order_seq_cst);
    wake_.set();
}

void monitor::work_began() noexcept {
    // seq_cst, with the store and the look in `loop`: one of the two sees the other.
    if (asleep_.load(platform::memory_order_seq_cst)) {
        watched_.clock_.publish();
        wake_.set();
    }
}

void monitor::entry(void* self) {
    static_cast<monitor*>(self)->loop();
}

void monitor::loop() noexcept {
    int idle_ticks = 0;
    const auto all_idle = [this] {
        const std::lock_guard hold(watched_.lock_);
        return watched_.all_idle();
    };
    while (!ending_.load(platform::memory_order_acquire)) {
        watched_.clock_.publish();
        idle_ticks = all_idle() ? idle_ticks + 1 : 0;
        const bool unused_left = watched_.stacks_.unused() > 0;
        if (idle_ticks > idle_ticks_before_sleep && !unused_left && !watched_.stopping()) {
            asleep_.store(true, platform::memory_order_seq_cst);
            if (all_idle()) {
                wake_.wait();
            }
            asleep_.store(false, platform::memory_order_relaxed);
            idle_ticks = 0;
        } else {
            wake_.wait_for(tick_ns);
        }
        watched_.start_for_locked();
        answer_report();
        late_end_.look(watched_);
        if (!ending_.load(platform::memory_order_acquire)) {
            look();
        }
    }
    answer_report();  // one that was asked for before the end, in the round that saw the end
}

void monitor::answer_report() noexcept {
    reporting_.store(true, platform::memory_order_seq_cst);
    if (report_asked_.exchange(false, platform::memory_order_seq_cst)) {
        answer_quit(watched_, after_report_);
    }
    reporting_.store(false, platform::memory_order_release);
}

void monitor::look() noexcept {
    bool stuck_work = false;
    for (std::size_t i = 0; i < watched_.processors().size(); ++i) {
        const processor& p = watched_.processors()[i];
        const std::uint32_t progress = p.progress.load(platform::memory_order_relaxed);
        stands_still_[i] = progress == seen_progress_[i];
        stuck_work =
            stuck_work || (stands_still_[i] && (p.next.peek() != nullptr || !p.queue.empty()));
        seen_progress_[i] = progress;
    }
    if (stuck_work) {
        watched_.wake_one();
    }
    if (watched_.idle_count_.load(platform::memory_order_relaxed) == 0) {
        take_from_hogs();
    }
    if (watched_.first_timer_ns() != no_deadline || watched_.poller_.waited_on()) {
        watched_.appoint_keeper();
    }
    watched_.reap();
    trim_stacks();
}

/// With no processor idle: takes each that has made no decision for a tick and keeps work waiting,
/// and one of them for what waits for no processor in particular.
void monitor::take_from_hogs() noexcept {
    const bool unserved = watched_.keeper_until_ns_.load(platform::memory_order_relaxed) == 0 &&
                          watched_.poller_.waited_on();
    bool common_work = unserved || watched_.procs_wait() ||
                       watched_.global_size_.load(platform::memory_order_relaxed) != 0 ||
                       watched_.first_timer_ns() <= platform::now_ns();
    for (std::size_t i = 0; i < watched_.processors().size(); ++i) {
        processor& p = watched_.processors()[i];
        const bool own_work = p.next.peek() != nullptr || !p.queue.empty();
        if (stands_still_[i] && (own_work || common_work) && watched_.retake(p)) {
            common_work = false;
        }
    }
}

void monitor::trim_stacks() noexcept {
    least_unused_ = std::min(least_unused_, watched_.stacks_.unused());
    if (++period_ticks_ < trim_period_ticks) {
        return;
    }
    if (least_unused_ > 0) {
        least_unused_ -= std::min<std::uint64_t>(
            least_unused_, static_cast<std::uint64_t>(watched_.stacks_.trim(static_cast<int>(
                               std::min<std::uint64_t>(least_unused_, trimmed_per_tick)))));
    }
    if (least_unused_ == 0) {
        period_ticks_ = 0;
        least_unused_ = watched_.stacks_.unused();
    }
}

}  // namespace weft::sched
