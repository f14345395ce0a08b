#include <weft/time.hpp>

#include "sched/execution.hpp"
#include "sync/timed_call.hpp"
#include "sync/timer_channel.hpp"

#include <weft/error.hpp>

namespace weft {

namespace detail {

namespace {

struct sleeper : sched::timer {
    goroutine* party = nullptr;
    std::int64_t until_ns = 0;

    static void wake(sched::timer& self, std::int64_t) {
        ready(*static_cast<sleeper&>(self).party);
    }
    /// Armed once the goroutine has left its stack: the timer may fire at once.
    static void publish(void* self) {
        auto& mine = *static_cast<sleeper*>(self);
        sched::active()->arm_for_parked(mine, mine.until_ns);
    }
};

timer_channel& timed(const recv_chan<time_point>& handle) noexcept {
    return static_cast<timer_channel&>(*handle.core());
}

constexpr const char* stop_from_outside = "stop of synctest timer from outside bubble";
constexpr const char* reset_from_outside = "reset of synctest timer from outside bubble";

}  // namespace

void sleep_ns(std::int64_t ns) {
    if (ns <= 0) {
        return;
    }
    sleeper self;
    self.fire = &sleeper::wake;
    self.party = &sched::this_party();
    if (sched::bubble* here = sched::current_bubble()) {
        sched::arm_before_wait(*here, self, ns);
        sched::park_durably(*self.party, wait_reason::sleep, {});
        return;
    }
    self.until_ns = sched::deadline_after(ns);
    sched::park(*self.party, wait_reason::sleep, {&sleeper::publish, &self});
}

chan<time_point> new_timer_channel(std::int64_t ns, std::int64_t period_ns) {
    return timer_channel::create(ns, period_ns);
}

timed_call* new_timed_call(std::int64_t ns, std::unique_ptr<timed_function> function,
                           source_location started_at) {
    auto call = std::make_unique<timed_call>(std::move(function), started_at);
    call->reset(ns);
    return call.release();
}

}  // namespace detail

bool timer::stop() {
    if (call_ != nullptr) {
        sched::require_inside(call_->bubble(), detail::stop_from_outside);
        return call_->stop();
    }
    if (!chan_) {
        throw panic("time: Stop called on uninitialized Timer");
    }
    sched::require_inside(detail::timed(chan_).bubble(), detail::stop_from_outside);
    return detail::timed(chan_).stop();
}

bool timer::reset_ns(std::int64_t ns) {
    if (call_ != nullptr) {
        sched::require_inside(call_->bubble(), detail::reset_from_outside);
        return call_->reset(ns);
    }
    if (!chan_) {
        throw panic("time: Reset called on uninitialized Timer");
    }
    sched::require_inside(detail::timed(chan_).bubble(), detail::reset_from_outside);
    return detail::timed(chan_).reset(ns, 0);
}

void timer::destroy() noexcept {
    if (call_ != nullptr) {
        call_->stop();
        call_->drop_reference();
    } else if (chan_) {
        detail::timed(chan_).stop();
    }
}

timer& timer::operator=(timer&& other) noexcept {
    if (this != &other) {
        destroy();
        chan_ = std::move(other.chan_);
        call_ = std::exchange(other.call_, nullptr);
    }
    return *this;
}

ticker::ticker(std::int64_t period_ns) {
    if (period_ns <= 0) {
        throw panic("non-positive interval for NewTicker");
    }
    chan_ = detail::new_timer_channel(period_ns, period_ns);
}

ticker& ticker::operator=(ticker&& other) noexcept {
    if (this != &other) {
        destroy();
        chan_ = std::move(other.chan_);
    }
    return *this;
}

void ticker::destroy() noexcept {
    if (chan_) {
        detail::timed(chan_).stop();
    }
}

void ticker::stop() {
    if (chan_) {
        sched::require_inside(detail::timed(chan_).bubble(), detail::stop_from_outside);
    }
    destroy();
}

void ticker::reset_ns(std::int64_t period_ns) {
    if (period_ns <= 0) {
        throw panic("non-positive interval for Ticker.Reset");
    }
    if (!chan_) {
        throw panic("time: Reset called on uninitialized Ticker");
    }
    sched::require_inside(detail::timed(chan_).bubble(), detail::reset_from_outside);
    detail::timed(chan_).reset(period_ns, period_ns);
}

}  // namespace weft
