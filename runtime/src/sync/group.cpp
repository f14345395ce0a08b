// The group.
//
// One lock guards the count of goroutines, the limit and the first exception. A goroutine that ends
// hands its place to the first that waits for one, so that nobody who comes later takes it. Who
// waits for all goroutines queues while it holds that lock and sees the count above zero; the one
// that brings the count to zero takes all of them out under the same lock, and touches the group no
// more once it has released it: so the group may be destroyed when they go on.
//
// A group may outlive its run, and the goroutines that it had are gone then: the count is of one
// run.
//
// After errgroup in Go's x/sync, with a limit that those who wait for their turn follow.
#include <weft/group.hpp>

#include "sched/report.hpp"

#include <weft/detail/chan_core.hpp>
#include <weft/error.hpp>

#include <mutex>
#include <stdexcept>
#include <string>

namespace weft {

group::group() : group(background()) {}

group::group(const weft::context& parent) : group(with_cancel_cause(parent)) {}

group::group(with_cancel_cause_result scope) noexcept
    : ctx_(std::move(scope.ctx)), cancel_(std::move(scope.cancel)) {}

group::~group() {
    try {
        wait_for_all();
    } catch (const std::logic_error&) {
        // A thread of the program that sees the run end: the goroutines are gone.
        return;
    }
}

void group::forget_earlier_run() noexcept {
    const std::uint32_t epoch = detail::run_epoch.load(platform::memory_order_relaxed);
    if (epoch_ != epoch) {
        active_ = 0;
        epoch_ = epoch;
    }
}

/// The caller is about to start a goroutine: as for a wait_group, which Go's is made of.
void group::keep_to_one_bubble() noexcept {
    const detail::bubble_id callers = detail::bubble_of_caller();
    if (active_ == 0) {
        bubble_ = callers;
    } else if (bubble_ != callers) {
        sched::report_fatal(callers != detail::no_bubble && bubble_ != detail::no_bubble
                                ? "sync: WaitGroup.Add called from multiple synctest bubbles"
                                : "sync: WaitGroup.Add called from inside and outside synctest "
                                  "bubble");
    }
}

bool group::try_enter() noexcept {
    const std::lock_guard hold(turns_.lock());
    forget_earlier_run();
    keep_to_one_bubble();
    if (!admits() || !turns_.empty()) {
        return false;
    }
    ++active_;
    return true;
}

void group::enter() {
    if (try_enter()) {
        return;
    }
    detail::wait_node node;
    node.party = &detail::waiting_party();
    std::unique_lock hold(turns_.lock());
    keep_to_one_bubble();
    if (admits() && turns_.empty()) {
        ++active_;
        return;
    }
    turns_.push_back(node);
    hold.release();
    turns_.park_durably(node, detail::wait_reason::semacquire);
}

void group::admit(detail::woken_nodes& admitted) noexcept {
    while (admits()) {
        detail::wait_node* next = turns_.pop();
        if (next == nullptr) {
            return;
        }
        ++active_;
        admitted.add(*next);
    }
}

void group::leave() noexcept {
    detail::woken_nodes woken;
    {
        const std::lock_guard hold(turns_.lock());
        --active_;
        admit(woken);
        if (active_ == 0) {
            const std::lock_guard hold_ends(ends_.lock());
            while (detail::wait_node* node = ends_.pop()) {
                woken.add(*node);
            }
        }
    }
    woken.make_ready();
}

void group::fail(const std::exception_ptr& error) noexcept {
    {
        const std::lock_guard hold(turns_.lock());
        if (error == nullptr || error_ != nullptr) {  // null: goexit, on its way
            return;
        }
        error_ = error;
    }
    cancel_(error);
}

void group::set_limit(int n) {
    detail::woken_nodes admitted;
    std::int64_t active = 0;
    {
        const std::lock_guard hold(turns_.lock());
        forget_earlier_run();
        active = n < 0 ? 0 : active_;
        if (active == 0) {
            limit_ = n;
            admit(admitted);
        }
    }
    if (active != 0) {
        throw panic("errgroup: modify limit while " + std::to_string(active) +
                    " goroutines in the group are still active");
    }
    admitted.make_ready();
}

void group::wait_for_all() {
    std::unique_lock hold(turns_.lock());
    forget_earlier_run();
    if (active_ == 0) {
        return;
    }
    detail::wait_node node;
    node.party = &detail::waiting_party();
    const bool durably = bubble_ == detail::bubble_of_caller();
    ends_.lock().lock();
    ends_.push_back(node);
    hold.unlock();
    if (durably) {
        ends_.park_durably(node, detail::wait_reason::wait_group_wait);
    } else {
        ends_.park(node, detail::wait_reason::wait_group_wait);
    }
}

void group::wait() {
    wait_for_all();
    std::exception_ptr error;
    {
        const std::lock_guard hold(turns_.lock());
        error = error_;
    }
    cancel_(error);
    if (error != nullptr) {
        std::rethrow_exception(error);
    }
}

}  // namespace weft
