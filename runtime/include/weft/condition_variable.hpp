// Waiting until something about shared data has changed.
#pragma once

#include <weft/detail/wait_list.hpp>

#include <cstdint>

namespace weft {

/// Lets goroutines wait, with a lock released, until another says that what the lock guards has
/// changed. Blocks the goroutine, not the processor. First in, first out: `notify_one` wakes who
/// has waited longest, and nobody wakes without having been notified. May be destroyed once all
/// have been notified who wait.
///
/// A notification synchronizes with the end of the wait that it ends. Notifying when nobody waits
/// costs one load.
class condition_variable {
public:
    condition_variable() = default;
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;

    /// Unlocks `lock`, waits to be notified, and locks it again. Who notifies after it was unlocked
    /// finds the caller waiting. Any lock will do: what it throws leaves `wait`, with the lock as
    /// it then is. Throws std::logic_error outside `run`, with the lock still held.
    template <class Lock>
    void wait(Lock& lock) {
        place mine;
        enter(mine);
        try {
            lock.unlock();
        } catch (...) {
            leave(mine);
            throw;
        }
        sleep(mine);
        lock.lock();
    }

    /// Waits until `satisfied()`, which is called with the lock held; at once if it is already.
    template <class Lock, class Predicate>
    void wait(Lock& lock, Predicate satisfied) {
        while (!satisfied()) {
            wait(lock);
        }
    }

    /// Wakes who has waited longest, or all who wait; nobody who comes later. Never blocks; the
    /// lock may be held or not.
    ///@{
    void notify_one() noexcept;
    void notify_all() noexcept;
    ///@}

private:
    enum class progress : std::uint8_t { awake, asleep, notified };
    struct place : detail::wait_node {
        platform::atomic<progress> state{progress::awake};
    };

    void enter(place& mine);
    void leave(place& mine) noexcept;
    static void sleep(place& mine) noexcept;
    static bool notify(detail::wait_node& one) noexcept;

    detail::wait_list waiting_;
};

}  // namespace weft
