// A context that can be cancelled.
//
// Problem. When a context is cancelled, its whole subtree must have ended before cancel returns,
// even where parts of it are being cancelled by others at the same time; while contexts are made,
// cancelled and dropped everywhere in the tree.
//
// Rule. A scope (a context that can be cancelled) stands in the list of the nearest scope above it
// until either ends. One short lock for each scope guards its list, its end and its timer. A
// cancel locks its scope, ends it (why and cause, timer disarmed, channel closed), and then walks
// down: it takes a child out of the list, locks it, ends it, goes on with its children, and unlocks
// a scope only when its list is empty. So locks are held from the scope down to where the walk is,
// and taken downwards only. Functions to be run at the end are gathered on the way and started
// after the last lock has been released.
//
// Why it is right. A scope that is found ended, under its lock, has a subtree that has ended: who
// ended it held that lock until it had. Nothing is added to the list of an ended scope. The walk
// needs no stack and no memory: it goes up again through the scopes' own links.
// Nobody frees a scope that a walk looks at: whoever ends a scope holds a reference and, before it
// drops that, takes the lock of the scope above to leave its list, which a walk that has just taken
// the scope out still holds; and every scope's cancel is called before its last reference goes, by
// the destruction of its cancel function, which waits for a walk by taking the scope's own lock.
//
// A timer's action runs under its heap's lock, which a scope's lock may be held over (arming and
// disarming); and on a machine whose goroutine may be just leaving with the lock of some channel in
// hand, perhaps of a `done` channel. Hence it may take neither lock. It starts a goroutine that
// cancels, which takes only locks of the scheduler's.
//
// The locks are held for as long as a subtree takes to end, which is more than they are made for:
// whoever meets one then sleeps in short steps. A mutex would be worse: a holder that is parked
// when the run ends would never release it, and contexts outlive runs.
//
// After the rules of Go's context package.
#pragma once

#include "sched/timer_run.hpp"

#include <weft/context.hpp>

#include <cstdint>
#include <exception>

namespace weft::detail {

/// A context that can be cancelled.
class cancel_scope final : public context_node {
public:
    cancel_scope(context_node* parent, time_point deadline) noexcept
        : context_node(parent), above_(scope_) {
        scope_ = this;
        deadline_ = deadline;
    }

    /// Puts it into the list of the scope above, or ends it when that one has ended.
    void link() noexcept;
    /// Arms the deadline's timer unless the scope has ended. Throws std::bad_alloc.
    void arm();
    void cancel(context_errc why, const std::exception_ptr& cause) noexcept;

    chan<unit> done();
    /// 0 while open; then `done` is closed.
    int why() noexcept;
    std::exception_ptr cause() noexcept;

    /// False when the scope has ended: then the action is the caller's to start.
    bool add(end_action& action) noexcept;
    /// Whether the action was still there.
    bool remove(end_action& action) noexcept;

private:
    struct deadline_timer : sched::timer {
        cancel_scope* scope = nullptr;
        std::uint32_t epoch = 0;  // the run in whose heaps it was armed
    };

    static void expire(sched::timer& self, std::int64_t due_ns);
    // Under lock_.
    bool ended() const noexcept { return why_.load(platform::memory_order_relaxed) != 0; }
    bool end(context_errc why, const std::exception_ptr& cause) noexcept;
    void disarm() noexcept;
    /// All actions, put before those that are in `behind`.
    end_action* take_actions(end_action* behind) noexcept;
    // Under the lock of the scope above.
    void unlink() noexcept;
    static void start_all(end_action* first) noexcept;

    /// Its own bubble's goroutines alone, while that is there: others may wait for it durably.
    void close_done() noexcept;

    cancel_scope* const above_;
    const sched::bubble_ref bubble_{sched::current_bubble()};
    platform::atomic<int> why_{0};            // a context_errc; written once, under lock_
    platform::atomic<bool> has_done_{false};  // done_ is set, for good

    spin_lock lock_;  // guards what follows; why_ being set publishes cause_
    std::exception_ptr cause_;
    chan<unit> done_;
    cancel_scope* scopes_ = nullptr;
    end_action* actions_ = nullptr;
    deadline_timer timer_;

    // Guarded by the lock of the scope above.
    cancel_scope* next_ = nullptr;
    cancel_scope* prev_ = nullptr;
    bool linked_ = false;
};

}  // namespace weft::detail
