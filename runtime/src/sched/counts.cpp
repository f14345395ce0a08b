// What the run has counted.
#include "sched/scheduler.hpp"

#include <algorithm>
#include <mutex>

namespace weft::sched {

std::uint64_t scheduler::live() const noexcept {
    std::uint64_t spawned = foreign_spawned_.load(platform::memory_order_relaxed);
    std::uint64_t finished = 0;
    for (const processor& p : processors_) {
        finished += p.count.finished.get();
    }
    for (const processor& p : processors_) {
        spawned += p.count.spawned.get();
    }
    return spawned - finished;
}

std::uint64_t scheduler::runnable() const noexcept {
    std::uint64_t count = global_size_.load(platform::memory_order_relaxed);
    for (const processor& p : processors_) {
        count += p.queue.size() + (p.next.peek() != nullptr ? 1 : 0);
    }
    return count;
}

std::size_t scheduler::own_threads() const noexcept {
    const std::lock_guard hold(lock_);
    return machines_.size() - ended_ + monitor_threads + (trace_ != nullptr ? 1 : 0);
}

runtime_stats scheduler::snapshot() const noexcept {
    runtime_stats s;
    for (processor& p : processors_) {
        const counters& c = p.count;
        s.finished += c.finished.get();
        s.switches += c.switches.get();
        s.parks += c.parks.get();
        s.wakes += c.wakes.get();
        s.steal_attempts += c.steal_attempts.get();
        s.steals += c.steals.get();
        s.runnext_hits += c.runnext_hits.get();
        s.queue_overflows += c.queue_overflows.get();
        s.handoffs += c.handoffs.get();
        s.timers_live += p.timers.size();
    }
    s.parks += parks_elsewhere_.load(platform::memory_order_relaxed);
    s.wakes += wakes_elsewhere_.load(platform::memory_order_relaxed);
    s.timers_fired = timers_fired_.load(platform::memory_order_relaxed);
    s.futex_sleeps = futex_sleeps_.load(platform::memory_order_relaxed);
    s.futex_wakes = futex_wakes_.load(platform::memory_order_relaxed);
    s.netpoll_events = poller_.events();
    s.live = live();
    s.spawned = s.finished + s.live;
    s.retakes = retakes_.load(platform::memory_order_relaxed);
    s.stacks_live = std::min<std::uint64_t>(s.live, stacks_.warm());
    s.stacks_cached = stacks_.warm() - s.stacks_live;
    s.threads = own_threads();
    s.guards = stacks_.guards();
    return s;
}

}  // namespace weft::sched
