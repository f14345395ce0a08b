// The reader/writer mutex's slow sides.
//
// Problem. Readers should pay one instruction each, yet a writer must learn exactly when the last
// of them has left, and those that come meanwhile must wait for it and for no later one.
//
// Rule. Writers meet at a mutex; the one that holds it sets the writer's bit, and remembers how
// many readers it found. A reader counts itself first and looks afterwards: finding the bit, it
// takes itself out of the count again, in the same step in which it makes sure that the bit is
// still that writer's, and queues. A reader that leaves and finds the bit is one of those that the
// writer found: it counts down what the writer waits for, and the last one wakes it. A writer that
// leaves clears its bit, turns over the phase and counts in all readers that are queued, in one
// step; then it lets the next writer go.
//
// Why it is right. A reader that found the bit and has not queued yet may meet a later writer's
// bit. Then the phase differs, which says that it was in the count when the bit was clear, hence
// that it is a reader like any other and the later writer waits for it. One bit is enough for that:
// the later writer cannot leave, and turn over the phase again, before this reader has.
// What the writer waits for is counted under a lock, below zero by readers that leave before it has
// said how many it found: it becomes zero once, and whoever makes it zero knows that the writer may
// go on. Each of the readers has released that lock before the writer goes on, so that none touches
// the object after a writer that may destroy it.
// No wake-up of a reader is lost: it sets the queued bit while it sees the writer's, in one step
// and under the lock of the readers' list, and is in the list before that is released. The writer's
// unlock, finding the bit, takes that lock.
//
// What waits at the end of a run is gone. That is as if queued readers had never come; a writer
// that had set its bit has it cleared by the last reader that it would have waited for.
//
// After Go's sync.RWMutex, whose waiting readers stay in the count.
#include <weft/shared_mutex.hpp>

#include "sched/report.hpp"

#include <weft/detail/chan_core.hpp>

#include <mutex>

namespace weft {

bool shared_mutex::try_lock() {
    if (!writers_.try_lock()) {
        return false;
    }
    if (claim()) {
        return true;
    }
    writers_.unlock();
    return false;
}

void shared_mutex::claim_contended() {
    detail::wait_node node;
    try {
        node.party = &detail::waiting_party();
    } catch (...) {
        writers_.unlock();
        throw;
    }
    const std::uint32_t found = state_.fetch_add(writer_bit, platform::memory_order_acquire);
    std::unique_lock hold(writer_.lock());
    inside_ += static_cast<std::int32_t>(found / one_reader);
    if (inside_ == 0) {
        return;
    }
    writer_.push_back(node);
    hold.release();
    writer_.park(node, detail::wait_reason::shared_mutex_lock);
}

void shared_mutex::admit_readers() {
    detail::woken_nodes admitted;
    {
        const std::lock_guard hold(readers_.lock());
        std::uint32_t seen = state_.load(platform::memory_order_relaxed);
        if ((seen & writer_bit) == 0) {
            sched::report_fatal("sync: Unlock of unlocked RWMutex");
        }
        std::uint32_t count = 0;
        while (detail::wait_node* node = readers_.pop()) {
            admitted.add(*node);
            ++count;
        }
        std::uint32_t wanted = 0;
        do {
            wanted = (seen & ~(writer_bit | queued_bit)) ^ phase_bit;
            wanted += count * one_reader;
        } while (!state_.compare_exchange_weak(seen, wanted, platform::memory_order_release,
                                               platform::memory_order_relaxed));
    }
    admitted.make_ready();
}

bool shared_mutex::try_lock_shared() noexcept {
    std::uint32_t seen = state_.load(platform::memory_order_relaxed);
    while ((seen & writer_bit) == 0) {
        if (state_.compare_exchange_weak(seen, seen + one_reader, platform::memory_order_acquire,
                                         platform::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

void shared_mutex::wait_for_writer(std::uint32_t found) {
    std::unique_lock hold(readers_.lock());
    // acquire: a writer that has left is seen with what it wrote.
    std::uint32_t seen = state_.load(platform::memory_order_acquire);
    do {
        if (((seen ^ found) & phase_bit) != 0) {
            return;
        }
    } while (!state_.compare_exchange_weak(seen, (seen - one_reader) | queued_bit,
                                           platform::memory_order_acquire,
                                           platform::memory_order_acquire));
    detail::wait_node node;
    node.party = &detail::waiting_party();
    readers_.push_back(node);
    hold.release();
    readers_.park(node, detail::wait_reason::shared_mutex_lock_shared);
}

void shared_mutex::leave_to_writer(std::uint32_t found) {
    if (found < one_reader) {
        sched::report_fatal("sync: RUnlock of unlocked RWMutex");
    }
    detail::wait_node* writer = nullptr;
    {
        const std::lock_guard hold(writer_.lock());
        if (--inside_ != 0) {
            return;
        }
        writer = writer_.pop();
    }
    if (writer != nullptr) {
        detail::ready(*writer->party);
    } else {
        unlock();  // in the place of a writer that waited in an earlier run
    }
}

}  // namespace weft
