#include "sync/cancel_scope.hpp"

#include "sched/execution.hpp"
#include "sched/report.hpp"

#include <weft/detail/chan_core.hpp>
#include <weft/error.hpp>

#include <chrono>
#include <mutex>

namespace weft::detail {

namespace {

/// The cause of an end that was given none: one object for each, so that it is always equal to
/// itself.
const std::exception_ptr& default_cause(context_errc why) {
    static const std::exception_ptr canceled =
        std::make_exception_ptr(std::system_error(context_errc::canceled));
    static const std::exception_ptr expired =
        std::make_exception_ptr(std::system_error(context_errc::deadline_exceeded));
    return why == context_errc::canceled ? canceled : expired;
}

}  // namespace

void cancel_scope::link() noexcept {
    if (above_ == nullptr) {
        return;
    }
    {
        const std::lock_guard hold(above_->lock_);
        if (!above_->ended()) {
            next_ = above_->scopes_;
            if (next_ != nullptr) {
                next_->prev_ = this;
            }
            above_->scopes_ = this;
            linked_ = true;
            return;
        }
    }
    cancel(static_cast<context_errc>(above_->why()), above_->cause_);
}

void cancel_scope::unlink() noexcept {
    if (!linked_) {
        return;
    }
    linked_ = false;
    (prev_ != nullptr ? prev_->next_ : above_->scopes_) = next_;
    if (next_ != nullptr) {
        next_->prev_ = prev_;
    }
    next_ = prev_ = nullptr;
}

void cancel_scope::arm() {
    const std::lock_guard hold(lock_);
    if (ended()) {
        return;
    }
    timer_.scope = this;
    timer_.fire = &cancel_scope::expire;
    timer_.epoch = run_epoch.load(platform::memory_order_relaxed);
    const auto since =
        std::chrono::duration_cast<std::chrono::nanoseconds>(deadline().time_since_epoch());
    if (bubble_.get() != nullptr) {
        bubble_.get()->arm_at(timer_, since.count());
    } else {
        sched::active()->arm(timer_, since.count());
    }
}

void cancel_scope::disarm() noexcept {
    sched::timer_run().disarm(timer_, timer_.epoch);
}

void cancel_scope::expire(sched::timer& self, std::int64_t) {
    cancel_scope* scope = static_cast<deadline_timer&>(self).scope;
    scope->add_reference();  // armed, hence not cancelled, hence alive
    context kept(scope);
    try {
        go([kept = std::move(kept)] {
            kept.node()->scope()->cancel(context_errc::deadline_exceeded, {});
        });
    } catch (const resource_error&) {
        sched::report_fatal("out of memory: no goroutine for a context's deadline");
    }
}

bool cancel_scope::end(context_errc why, const std::exception_ptr& cause) noexcept {
    if (ended()) {
        return false;
    }
    cause_ = cause;
    // release: who sees that it has ended reads the cause without the lock.
    why_.store(static_cast<int>(why), platform::memory_order_release);
    disarm();
    if (done_) {
        close_done();
    }
    return true;
}

void cancel_scope::close_done() noexcept {
    const sched::bubble* of = bubble_.get();
    if (of != nullptr && !of->over() && of != sched::current_bubble()) {
        sched::report_fatal("close of synctest channel from outside bubble");
    }
    done_.core()->close_for_all();
}

end_action* cancel_scope::take_actions(end_action* behind) noexcept {
    while (end_action* action = actions_) {
        actions_ = action->next;
        action->pending.store(false, platform::memory_order_relaxed);
        action->next = behind;
        behind = action;
    }
    return behind;
}

void cancel_scope::cancel(context_errc why, const std::exception_ptr& cause) noexcept {
    end_action* to_start = nullptr;
    lock_.lock();
    if (!end(why, cause)) {
        lock_.unlock();
        return;
    }
    for (cancel_scope* at = this; at != nullptr;) {
        if (cancel_scope* child = at->scopes_; child != nullptr) {
            child->unlink();
            child->lock_.lock();
            if (child->end(why, cause)) {
                at = child;
            } else {
                child->lock_.unlock();
            }
            continue;
        }
        to_start = at->take_actions(to_start);
        cancel_scope* up = at == this ? nullptr : at->above_;
        at->lock_.unlock();
        at = up;
    }
    if (above_ != nullptr) {
        const std::lock_guard hold(above_->lock_);
        unlink();
    }
    start_all(to_start);
}

void cancel_scope::start_all(end_action* first) noexcept {
    while (first != nullptr) {
        end_action* next = first->next;
        try {
            if (sched::active() != nullptr) {  // outside a run nothing starts
                first->start();
            }
        } catch (const resource_error&) {
            sched::report_fatal("out of memory: no goroutine for a context's after_func");
        }
        first->drop_reference();
        first = next;
    }
}

chan<unit> cancel_scope::done() {
    if (!has_done_.load(platform::memory_order_acquire)) {  // pairs with the release below
        chan<unit> fresh = make_chan<unit>();
        const std::lock_guard hold(lock_);
        if (!done_) {
            fresh.core()->belong_to(bubble_.get() != nullptr ? bubble_.get()->id() : no_bubble);
            if (ended()) {
                fresh.core()->close_for_all();
            }
            done_ = std::move(fresh);
            has_done_.store(true, platform::memory_order_release);
        }
    }
    return done_;
}

int cancel_scope::why() noexcept {
    const int why = why_.load(platform::memory_order_acquire);  // pairs with `end`
    if (why != 0 && has_done_.load(platform::memory_order_acquire) && !done_.core()->closed()) {
        const std::lock_guard wait_for_the_close(lock_);
    }
    return why;
}

std::exception_ptr cancel_scope::cause() noexcept {
    const int why = why_.load(platform::memory_order_acquire);  // pairs with `end`
    if (why == 0) {
        return nullptr;
    }
    return cause_ != nullptr ? cause_ : default_cause(static_cast<context_errc>(why));
}

bool cancel_scope::add(end_action& action) noexcept {
    const std::lock_guard hold(lock_);
    if (ended()) {
        return false;
    }
    action.add_reference();
    action.pending.store(true, platform::memory_order_relaxed);
    action.next = actions_;
    if (actions_ != nullptr) {
        actions_->prev = &action;
    }
    actions_ = &action;
    return true;
}

bool cancel_scope::remove(end_action& action) noexcept {
    {
        const std::lock_guard hold(lock_);
        if (!action.pending.load(platform::memory_order_relaxed)) {
            return false;
        }
        action.pending.store(false, platform::memory_order_relaxed);
        (action.prev != nullptr ? action.prev->next : actions_) = action.next;
        if (action.next != nullptr) {
            action.next->prev = action.prev;
        }
    }
    action.drop_reference();  // the scope's
    return true;
}

}  // namespace weft::detail
