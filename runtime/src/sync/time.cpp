#include <weft/time.hpp>

#include "platform/clock.hpp"
#include "sched/execution.hpp"

#include <stdexcept>

namespace weft::detail {

namespace {

std::int64_t deadline_after(std::int64_t ns) noexcept {
    const std::int64_t now = platform::now_ns();
    return ns > sched::no_deadline - now ? sched::no_deadline : now + ns;
}

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

/// A channel with a timer of its own, which goes with it.
class after_channel : public chan_buffer<time_point> {
public:
    static chan<time_point> create(std::int64_t when_ns) {
        void* memory = ::operator new(sizeof(after_channel) + sizeof(time_point), alignment());
        auto* self = new (memory) after_channel;
        chan<time_point> handle(static_cast<chan_buffer<time_point>*>(self));
        sched::active()->arm(self->timer_, when_ns);
        return handle;
    }

private:
    struct own_timer : sched::timer {
        after_channel* channel = nullptr;
    };

    after_channel() : chan_buffer(1, &after_channel::destroy) {
        set_timed();
        timer_.channel = this;
        // A select arms its timeout with the channel locked, and who waits for the channel leaves
        // with the lock in hand: see sched::timer.
        timer_.try_lock = [](sched::timer& self) {
            return static_cast<own_timer&>(self).channel->lock().try_lock();
        };
        timer_.fire = [](sched::timer& self, std::int64_t) {
            after_channel& channel = *static_cast<own_timer&>(self).channel;
            time_point due{std::chrono::nanoseconds(self.when_ns)};
            waiter* receiver = nullptr;
            channel.send_locked(due, receiver);
            channel.lock().unlock();
            if (receiver != nullptr) {
                ready(*receiver->party);
            }
        };
        // A timer from which nobody receives holds no report of a deadlock up.
        timer_.holds = [](const sched::timer& self) {
            return static_cast<const own_timer&>(self).channel->receivers().waited_on();
        };
    }
    static void destroy(chan_core* core) noexcept {
        auto* self = static_cast<after_channel*>(core);
        // A channel that outlives its run has no timer any more, nor the heap that it was in.
        if (self->epoch_ == run_epoch.load(platform::memory_order_relaxed)) {
            if (sched::scheduler* s = sched::active()) {
                s->disarm(self->timer_);
            }
        }
        self->~after_channel();
        ::operator delete(static_cast<void*>(self), alignment());
    }
    own_timer timer_;
    const std::uint32_t epoch_ = run_epoch.load(platform::memory_order_relaxed);
};

}  // namespace

void sleep_ns(std::int64_t ns) {
    if (ns <= 0) {
        return;
    }
    sleeper self;
    self.fire = &sleeper::wake;
    self.party = &sched::this_party();
    self.until_ns = deadline_after(ns);
    sched::park(*self.party, wait_reason::sleep, {&sleeper::publish, &self});
}

chan<time_point> after_ns(std::int64_t ns) {
    if (sched::active() == nullptr) {
        throw std::logic_error("weft: a timer outside run");
    }
    return after_channel::create(deadline_after(ns));
}

}  // namespace weft::detail
