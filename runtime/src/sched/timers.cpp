#include "sched/timers.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

namespace weft::sched {

namespace {

constexpr std::size_t arity = 4;

/// The first time after `now_ns` that is a number of periods from `due_ns`, which has passed.
std::int64_t next_in_phase(std::int64_t due_ns, std::int64_t period_ns,
                           std::int64_t now_ns) noexcept {
    const std::int64_t last = now_ns - (now_ns - due_ns) % period_ns;
    return period_ns > no_deadline - last ? no_deadline : last + period_ns;
}

bool holds(const timer& t) noexcept {
    return t.holds == nullptr || t.holds(t);
}

}  // namespace

void timer_heap::sift_up(std::size_t hole, entry moving) noexcept {
    while (hole > 0) {
        const std::size_t parent = (hole - 1) / arity;
        if (entries_[parent].when_ns <= moving.when_ns) {
            break;
        }
        place(hole, entries_[parent]);
        hole = parent;
    }
    place(hole, moving);
}

void timer_heap::sift_down(std::size_t hole, entry moving) noexcept {
    while (true) {
        const std::size_t first = hole * arity + 1;
        if (first >= entries_.size()) {
            break;
        }
        std::size_t least = first;
        const std::size_t end = std::min(first + arity, entries_.size());
        for (std::size_t child = first + 1; child < end; ++child) {
            if (entries_[child].when_ns < entries_[least].when_ns) {
                least = child;
            }
        }
        if (moving.when_ns <= entries_[least].when_ns) {
            break;
        }
        place(hole, entries_[least]);
        hole = least;
    }
    place(hole, moving);
}

/// Throws std::bad_alloc, with nothing changed. There is room for an entry afterwards.
std::uint32_t timer_heap::take_slot() {
    if (free_slot_ == no_slot) {
        slots_.push_back({nullptr, no_slot});
        try {
            entries_.reserve(slots_.capacity());
        } catch (const std::bad_alloc&) {
            slots_.pop_back();
            throw;
        }
        return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    return std::exchange(free_slot_, slots_[free_slot_].position);
}

void timer_heap::give_back(std::uint32_t slot) noexcept {
    slots_[slot].which->slot = 0;
    slots_[slot].position = std::exchange(free_slot_, slot);
}

void timer_heap::remove_at(std::size_t position) noexcept {
    give_back(entries_[position].slot);
    const entry last = entries_.back();
    entries_.pop_back();
    if (position == entries_.size()) {
        return;
    }
    if (position > 0 && last.when_ns < entries_[(position - 1) / arity].when_ns) {
        sift_up(position, last);
    } else {
        sift_down(position, last);
    }
}

/// Removes a timer that is due, or moves it to its next time.
void timer_heap::use_up(std::size_t position, std::int64_t now_ns) noexcept {
    const std::uint32_t slot = entries_[position].slot;
    timer& t = *slots_[slot].which;
    if (t.period_ns == 0) {
        remove_at(position);
    } else {
        t.when_ns = next_in_phase(t.when_ns, t.period_ns, now_ns);
        sift_down(position, {t.when_ns, slot});
    }
}

bool timer_heap::arm(timer& t, std::int64_t when_ns) {
    const std::lock_guard hold(lock_);
    const std::uint32_t slot = take_slot();
    slots_[slot].which = &t;
    t.heap = this;
    t.when_ns = when_ns;
    t.slot = slot + 1;
    entries_.push_back({when_ns, slot});
    sift_up(entries_.size() - 1, entries_.back());
    publish_next();
    return entries_.front().slot == slot;
}

bool timer_heap::disarm(timer& t) noexcept {
    const std::lock_guard hold(lock_);
    if (t.slot == 0) {
        return false;
    }
    remove_at(slots_[t.slot - 1].position);
    publish_next();
    return true;
}

std::size_t timer_heap::fire_due(std::int64_t now_ns, std::size_t most) noexcept {
    if (next_ns() > now_ns) {
        return 0;
    }
    const std::lock_guard hold(lock_);
    std::size_t fired = 0;
    while (fired < most && !entries_.empty() && entries_.front().when_ns <= now_ns) {
        timer& due = timer_of(entries_.front());
        if (due.try_lock != nullptr && !due.try_lock(due)) {
            break;
        }
        const std::int64_t due_ns = due.when_ns;
        use_up(0, now_ns);
        due.fire(due, due_ns);
        ++fired;
    }
    publish_next();
    return fired;
}

bool timer_heap::take_due(timer& t, std::int64_t now_ns) noexcept {
    const std::lock_guard hold(lock_);
    if (t.slot == 0 || t.when_ns > now_ns) {
        return false;
    }
    use_up(slots_[t.slot - 1].position, now_ns);
    publish_next();
    return true;
}

bool timer_heap::holds_report() noexcept {
    const std::lock_guard hold(lock_);
    return std::any_of(entries_.begin(), entries_.end(),
                       [this](const entry& each) { return holds(timer_of(each)); });
}

std::int64_t timer_heap::next_holding_ns() noexcept {
    const std::lock_guard hold(lock_);
    if (!entries_.empty() && holds(timer_of(entries_.front()))) {
        return entries_.front().when_ns;  // as a rule
    }
    std::int64_t first = no_deadline;
    for (const entry& each : entries_) {
        if (each.when_ns < first && holds(timer_of(each))) {
            first = each.when_ns;
        }
    }
    return first;
}

std::size_t timer_heap::size() noexcept {
    const std::lock_guard hold(lock_);
    return entries_.size();
}

void timer_heap::clear() noexcept {
    const std::lock_guard hold(lock_);
    for (const entry& each : entries_) {
        timer_of(each).slot = 0;
    }
    entries_.clear();
    slots_.clear();
    free_slot_ = no_slot;
    publish_next();
}

}  // namespace weft::sched
