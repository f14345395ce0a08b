// Timers: a heap for each processor.
#pragma once

#include <weft/detail/spin_lock.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace weft::sched {

class timer_heap;

/// Something to be done at a time. Owned by who arms it, which removes it before it goes away.
struct timer {
    /// Runs under the heap's lock: it may make goroutines ready and start them, and use channels,
    /// and must neither block, nor switch, nor touch timers.
    using action = void (*)(timer& self, std::int64_t due_ns);
    /// For an action that needs a lock under which timers are armed, or which the machine's own
    /// goroutine may be just leaving with: takes it if it is free, for the action to release. When
    /// it is not, the timer stays due and is tried again soon. Null: nothing is needed.
    using lock_attempt = bool (*)(timer& self);
    /// Whether a deadlock cannot be reported while the timer is armed; null means yes.
    using holds_report = bool (*)(const timer& self);

    std::int64_t when_ns = 0;
    std::int64_t period_ns = 0;  // when it is not 0, firing arms it anew. Set while not armed
    action fire = nullptr;
    lock_attempt try_lock = nullptr;
    holds_report holds = nullptr;
    timer_heap* heap = nullptr;  // where it was armed last
    std::uint32_t slot = 0;  // its number there, plus one; 0: not armed. Guarded by the heap's lock
};

inline constexpr std::int64_t no_deadline = std::numeric_limits<std::int64_t>::max();

/// A 4-ary min-heap, ordered by time. Thread-safe.
///
/// Removal is eager: a timer usually stands on the stack of the goroutine that waits for something
/// else with a timeout, and is gone when that one goes on. A timer that is not the next to fire
/// moves few entries (most are armed far ahead and removed near the end of the heap).
///
/// Where an entry is, is written into a table and not into its timer: of a hundred thousand
/// sleepers, an entry on its way down would touch eight stacks that have long left the cache.
class timer_heap {
public:
    /// True when the timer is now the first to fire. Throws std::bad_alloc, with nothing changed.
    bool arm(timer& t, std::int64_t when_ns);
    /// True when the timer was armed and will not fire. When it returns the action does not run.
    bool disarm(timer& t) noexcept;
    /// Fires what is due, `most` at most; returns how many did.
    std::size_t fire_due(std::int64_t now_ns,
                         std::size_t most = std::numeric_limits<std::size_t>::max()) noexcept;
    /// True when the timer was armed and due: then it counts as fired, though its action has not
    /// run. For an owner who needs no action to be told.
    bool take_due(timer& t, std::int64_t now_ns) noexcept;
    /// Without the lock: when the first timer is due, or no_deadline. May be out of date.
    std::int64_t next_ns() const noexcept {
        return next_.load(platform::memory_order_seq_cst);  // pairs with the idle machines' scan
    }
    bool holds_report() noexcept;
    /// When the first timer is due that holds a report; or no_deadline.
    std::int64_t next_holding_ns() noexcept;
    std::size_t size() noexcept;
    /// Forgets all timers: their owners are gone.
    void clear() noexcept;

private:
    struct entry {
        std::int64_t when_ns;
        std::uint32_t slot;
    };
    /// A number for a timer while it is armed. There are fewer than 2^32: their memory ends before.
    struct slot {
        timer* which;
        std::uint32_t position;  // of its entry; the next free slot where it is free
    };
    static constexpr std::uint32_t no_slot = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t take_slot();
    void give_back(std::uint32_t slot) noexcept;
    timer& timer_of(const entry& e) const noexcept { return *slots_[e.slot].which; }
    void sift_up(std::size_t hole, entry moving) noexcept;
    void sift_down(std::size_t hole, entry moving) noexcept;
    void remove_at(std::size_t position) noexcept;
    void use_up(std::size_t position, std::int64_t now_ns) noexcept;
    void place(std::size_t position, entry e) noexcept {
        entries_[position] = e;
        slots_[e.slot].position = static_cast<std::uint32_t>(position);
    }
    void publish_next() noexcept {
        next_.store(entries_.empty() ? no_deadline : entries_.front().when_ns,
                    platform::memory_order_seq_cst);
    }

    detail::spin_lock lock_;  // guards what follows
    std::vector<entry> entries_;
    std::vector<slot> slots_;
    std::uint32_t free_slot_ = no_slot;
    platform::atomic<std::int64_t> next_{no_deadline};
};

}  // namespace weft::sched
