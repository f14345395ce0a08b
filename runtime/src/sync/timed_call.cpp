#include "sync/timed_call.hpp"

#include "sched/report.hpp"

#include <weft/error.hpp>
#include <weft/runtime.hpp>

#include <mutex>
#include <utility>

namespace weft::detail {

namespace {

/// One goroutine's hold on the call.
class kept_call {
public:
    explicit kept_call(timed_call& of) noexcept : of_(&of) { of_->add_reference(); }
    kept_call(kept_call&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    kept_call& operator=(kept_call&&) = delete;
    ~kept_call() {
        if (of_ != nullptr) {
            of_->drop_reference();
        }
    }

private:
    timed_call* of_;
};

}  // namespace

timed_call::timed_call(std::unique_ptr<timed_function> function,
                       source_location started_at) noexcept
    : function_(std::move(function)), started_at_(started_at) {
    timer_.call = this;
    timer_.fire = &timed_call::fire;
}

void timed_call::fire(sched::timer& self, std::int64_t) {
    timed_call& call = *static_cast<own_timer&>(self).call;
    try {
        go([kept = kept_call(call), f = call.function_.get()] { f->call(); }, call.started_at_);
    } catch (const resource_error&) {
        sched::report_fatal("out of memory: no goroutine for an after_func");
    }
}

bool timed_call::stop() noexcept {
    const sched::timer_run run;
    const std::lock_guard hold(lock_);
    return run.disarm(timer_, epoch_);
}

bool timed_call::reset(std::int64_t ns) {
    const sched::timer_run run;
    run.require();
    const std::lock_guard hold(lock_);
    const bool pending = run.disarm(timer_, epoch_);
    epoch_ = run.epoch();
    run.arm(timer_, ns, bubble());
    if (bubble() != nullptr && ns <= 0) {
        bubble()->fire_due();  // now, and not when the bubble has nothing else to do
    }
    return pending;
}

}  // namespace weft::detail
