// A wait group from a mutex and a condition variable, for contenders that have these and no more.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace suite {

/// `Mutex` and `Condition` are the contender's own, so that waiting blocks what its users would
/// block. Only the last done takes the mutex.
template <class Mutex, class Condition>
class counting_wait_group {
public:
    /// To be called before the tasks that it counts are started.
    void add(std::int64_t tasks) {
        pending_.fetch_add(tasks, std::memory_order_relaxed);
        if (tasks > 0) {
            finished_ = false;
        }
    }

    /// Synchronizes with the return of wait.
    void done() {
        if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            // Under the mutex: a waiter that sees finished_ may destroy this group at once.
            const std::scoped_lock lock(mutex_);
            finished_ = true;
            all_done_.notify_all();
        }
    }

    void wait() {
        std::unique_lock lock(mutex_);
        all_done_.wait(lock, [&] { return finished_; });
    }

private:
    std::atomic<std::int64_t> pending_{0};
    bool finished_ = true;  // guarded by mutex_ once tasks run
    Mutex mutex_;
    Condition all_done_;
};

}  // namespace suite
