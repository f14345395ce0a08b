#include "sync/timer_channel.hpp"

#include "platform/clock.hpp"

#include <mutex>
#include <new>

namespace weft::detail {

timer_channel::timer_channel() noexcept : one_place_buffer(&timer_channel::destroy) {
    set_timed();
    timer_.channel = this;
    timer_.try_lock = &timer_channel::try_lock;
    timer_.fire = &timer_channel::fire;
    // A timer from which nobody receives holds no report of a deadlock up.
    timer_.holds = [](const sched::timer& self) {
        return static_cast<const own_timer&>(self).channel->receivers().waited_on();
    };
}

bool timer_channel::try_lock(sched::timer& self) noexcept {
    return static_cast<own_timer&>(self).channel->lock().try_lock();
}

void timer_channel::fire(sched::timer& self, std::int64_t due_ns) {
    timer_channel& channel = *static_cast<own_timer&>(self).channel;
    time_point due{std::chrono::nanoseconds(due_ns)};
    waiter* receiver = nullptr;
    channel.send_locked(due, receiver);
    channel.lock().unlock();
    if (receiver != nullptr) {
        ready(*receiver->party);
    }
}

chan<time_point> timer_channel::create(std::int64_t ns, std::int64_t period_ns) {
    const sched::timer_run run;
    run.require();
    void* memory = ::operator new(sizeof(timer_channel), alignment(), std::nothrow);
    if (memory == nullptr) {
        sched::timer_run::refuse();
    }
    auto* self = new (memory) timer_channel;
    chan<time_point> handle(static_cast<chan_buffer<time_point>*>(self));
    self->arm(run, ns, period_ns);
    return handle;
}

void timer_channel::destroy(chan_core* core) noexcept {
    auto* self = static_cast<timer_channel*>(core);
    sched::timer_run().disarm(self->timer_, self->epoch_);
    self->~timer_channel();
    ::operator delete(static_cast<void*>(self), alignment());
}

void timer_channel::arm(const sched::timer_run& run, std::int64_t ns, std::int64_t period_ns) {
    timer_.period_ns = period_ns;
    epoch_ = run.epoch();
    run.arm(timer_, ns, bubble());
}

bool timer_channel::stop_in(const sched::timer_run& run) noexcept {
    bool pending = run.disarm(timer_, epoch_);
    if (!empty()) {
        std::optional<time_point> unreceived;
        waiter* nobody = nullptr;
        receive_locked(unreceived, nobody);
        pending = true;
    }
    return pending;
}

bool timer_channel::stop() noexcept {
    const sched::timer_run run;
    const std::lock_guard hold(lock());
    return stop_in(run);
}

bool timer_channel::reset(std::int64_t ns, std::int64_t period_ns) {
    const sched::timer_run run;
    run.require();
    const std::lock_guard hold(lock());
    const bool pending = stop_in(run);
    arm(run, ns, period_ns);
    return pending;
}

attempt timer_channel::receive_due(std::optional<time_point>& out) noexcept {
    const std::int64_t due_ns = timer_.when_ns;
    const std::int64_t now_ns = bubble() != nullptr ? bubble()->now_ns() : platform::now_ns();
    if (due_ns > now_ns || !sched::timer_run().take_due(timer_, epoch_, now_ns)) {
        return attempt::would_block;
    }
    out.emplace(std::chrono::nanoseconds(due_ns));
    return attempt::done;
}

attempt receive_due(chan_core& timed, std::optional<time_point>& out) noexcept {
    return static_cast<timer_channel&>(timed).receive_due(out);
}

}  // namespace weft::detail
