// A descriptor for whose readiness parties wait.
//
// Problem. Calls on a descriptor are tried first and wait only when they would block; the poller
// tells of a readiness once (edge-triggered). No wake-up may be lost between the failed call and
// the wait; several parties may wait for one descriptor (to accept, say); a close must end every
// wait and must not pull the number away under a call, nor let an event that is on its way reach
// the next user of the same number; and what waits when a run ends never goes on.
//
// Rule.
// 1. Life. One word holds a generation, a closed bit and the number of users; the owner is one. A
//    call on the descriptor is made between `enter`, which fails for another generation and after
//    close, and `leave`. Close sets the bit, wakes all waiters and leaves; the last to leave closes
//    the number, and gives the descriptor back to its slab with the next generation. Who waits is
//    no user: it holds nothing but a generation.
// 2. Waiting. Each direction counts its changes: the poller's events and new deadlines. A party
//    reads the count, tries the call, and parks only if the count is still the same; that is
//    looked at, and the party queued, in one step under the descriptor's lock, once the party has
//    left its stack. An event counts, and wakes the first waiter; a waiter that was woken wakes the
//    next one when it is done, whatever came of it, unless the call still would block.
// 3. Registration is made before the first wait of a run, with slab index and generation as the
//    event's data.
//
// Why it is right. Readiness that came before the count was read is seen by the call. What came
// later has made an event, or is about to: if its handling came before the party was queued, the
// count has changed; if after, it finds the party queued. The same holds for close (the bit is
// looked at in that step too) and for deadlines. A registration reports what is ready then, so that
// nothing is lost between a call and the first registration. One event may stand for readiness for
// several waiters: the chain of hand-ons serves them until one finds nothing, which means that the
// next change makes an event. Events carry the generation, and slabs are never freed: a late event
// finds a descriptor, sees that it is another one's, and is dropped.
// A waiter stands on its party's stack. It is taken out by exactly one (event, hand-on, change of
// deadline, close, or its own timer), under the lock, which then makes the party ready and touches
// the waiter no more. The timer is armed before the party parks and disarmed when it goes on; if it
// fires before the party is queued, it says so in the waiter and the party is not queued.
// Waiters of an earlier run are forgotten: the queues belong to the run of the registration.
//
// Rejected: a word for each direction with states empty, ready and waiting party. It has no lock,
// but it allows one waiter, so that accepters need another lock, which a party that is parked at
// the end of a run would hold for ever; and a stale "ready" costs a call for nothing.
//
// The generation, the order of a close and the type-stable memory are after Go's netpoll.go.
#pragma once

#include "sched/goroutine_list.hpp"
#include "sched/timers.hpp"

#include <weft/detail/goroutine.hpp>
#include <weft/detail/spin_lock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft::sched {

enum class io_direction : std::uint8_t { read, write };

/// How a wait ended. Whether a deadline has passed is for the next attempt to look at.
enum class io_wait : std::uint8_t { try_again, closed, no_memory };

class alignas(platform::cache_line) poll_descriptor {
public:
    /// Takes over an open descriptor, with one user: the owner. Throws std::bad_alloc, and the
    /// descriptor is still the caller's.
    static poll_descriptor& open(int descriptor);
    std::uint32_t generation() const noexcept {
        return generation_of(life_.load(platform::memory_order_relaxed));
    }

    bool enter(std::uint32_t generation) noexcept;
    void leave() noexcept;
    /// Ends all waits, and the descriptor once nobody uses it. False when it was closed before.
    bool close(std::uint32_t generation) noexcept;

    // Between enter and leave.
    int number() const noexcept { return number_; }
    /// Registers it in the active run's poller unless that is done; 0 or a negated errno value.
    int watch() noexcept;
    std::uint32_t changes(io_direction d) const noexcept {
        // acquire: the call that follows sees what the counted events told of.
        return at(d).changes.load(platform::memory_order_acquire);
    }
    std::int64_t deadline_ns(io_direction d) const noexcept {
        return at(d).deadline_ns.load(platform::memory_order_relaxed);
    }
    void set_deadline(io_direction d, std::int64_t when_ns) noexcept;

    // Not between enter and leave.

    /// Parks `party` until something has changed since `seen` was read, or `until_ns`. In a run,
    /// after `watch`.
    io_wait wait(goroutine& party, std::uint32_t generation, io_direction d, std::uint32_t seen,
                 std::int64_t until_ns) noexcept;
    /// Wakes the next one who waits.
    void hand_on(std::uint32_t generation, io_direction d) noexcept;

private:
    friend class descriptor_slab;

    struct waiter;
    struct direction {
        platform::atomic<std::uint32_t> changes{0};               // written under lock_
        platform::atomic<std::int64_t> deadline_ns{no_deadline};  // written under lock_
        waiter* first = nullptr;                                  // guarded by lock_
        waiter* last = nullptr;                                   // guarded by lock_
    };

    static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 31;
    static constexpr std::uint64_t users_mask = closed_bit - 1;
    static std::uint32_t generation_of(std::uint64_t life) noexcept {
        return static_cast<std::uint32_t>(life >> 32);
    }

    direction& at(io_direction d) noexcept { return directions_[static_cast<std::size_t>(d)]; }
    const direction& at(io_direction d) const noexcept {
        return directions_[static_cast<std::size_t>(d)];
    }
    bool is_open(std::uint32_t generation) const noexcept;
    void finish() noexcept;

    static void publish(void* self) noexcept;
    static void expire(timer& self, std::int64_t now_ns);
    static void on_event(std::uint64_t data, std::uint32_t events, goroutine_list& ready);

    // Under lock_.
    void drop_earlier_run() noexcept;
    void push(waiter& w) noexcept;
    void remove(waiter& w) noexcept;
    waiter* take_first(io_direction d) noexcept;
    waiter* take_all(io_direction d, io_wait outcome) noexcept;

    static void ready_all(waiter* first) noexcept;

    platform::atomic<std::uint64_t> life_{closed_bit};
    int number_ = -1;
    std::uint32_t index_ = 0;
    detail::spin_lock lock_;
    platform::atomic<std::uint32_t> epoch_{0};  // the run in whose poller it is registered
    std::array<direction, 2> directions_;
    poll_descriptor* next_free_ = nullptr;  // guarded by the slab's lock
};

}  // namespace weft::sched
