#include "sched/timers.hpp"

#include <algorithm>
#include <mutex>

namespace weft::sched {

namespace {
constexpr std::size_t arity = 4;
}

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

void timer_heap::remove_at(std::size_t position) noexcept {
    entries_[position].which->index = 0;
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

bool timer_heap::arm(timer& t, std::int64_t when_ns) {
    const std::lock_guard hold(lock_);
    t.heap = this;
    t.when_ns = when_ns;
    entries_.push_back({when_ns, &t});
    sift_up(entries_.size() - 1, entries_.back());
    publish_next();
    return t.index == 1;
}

bool timer_heap::disarm(timer& t) noexcept {
    const std::lock_guard hold(lock_);
    if (t.index == 0) {
        return false;
    }
    remove_at(t.index - 1);
    publish_next();
    return true;
}

std::size_t timer_heap::fire_due(std::int64_t now_ns) noexcept {
    if (next_ns() > now_ns) {
        return 0;
    }
    const std::lock_guard hold(lock_);
    std::size_t fired = 0;
    while (!entries_.empty() && entries_.front().when_ns <= now_ns) {
        timer& due = *entries_.front().which;
        if (due.try_lock != nullptr && !due.try_lock(due)) {
            break;
        }
        remove_at(0);
        due.fire(due, now_ns);
        ++fired;
    }
    publish_next();
    return fired;
}

bool timer_heap::holds_report() noexcept {
    const std::lock_guard hold(lock_);
    return std::any_of(entries_.begin(), entries_.end(), [](const entry& each) {
        return each.which->holds == nullptr || each.which->holds(*each.which);
    });
}

std::size_t timer_heap::size() noexcept {
    const std::lock_guard hold(lock_);
    return entries_.size();
}

void timer_heap::clear() noexcept {
    const std::lock_guard hold(lock_);
    for (const entry& each : entries_) {
        each.which->index = 0;
    }
    entries_.clear();
    publish_next();
}

}  // namespace weft::sched
