// fanout/request for contenders without a select: what a request and its sub-requests share is
// behind a mutex, and two condition variables tell of answers and of the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "suites/fanout/request.hpp"

namespace suite::fanout {

/// `Mutex` and `Condition` are the contender's own, so that waiting blocks what its users would
/// block.
template <class C, class Mutex, class Condition>
requires has_tasks<C>
class signalled_requests {
public:
    static request_end issue(request_plan& plan, std::size_t request) {
        signalled_requests mine;
        typename C::wait_group ended;
        ended.add(static_cast<std::int64_t>(plan.fan()));
        for (std::size_t sub_request = 0; sub_request < plan.fan(); ++sub_request) {
            C::spawn([&plan, request, sub_request, &mine, &ended] {
                mine.answer(plan, request, sub_request);
                ended.done();
            });
        }
        const request_end end = mine.wait(plan);
        ended.wait();
        return end;
    }

private:
    void answer(request_plan& plan, std::size_t request, std::size_t sub_request) {
        const auto delay = plan.delay(request, sub_request);
        std::unique_lock lock(mutex_);
        if (delay > std::chrono::nanoseconds::zero() &&
            cancelled_.wait_for(lock, delay, [&] { return over_; })) {
            plan.mark_cancelled(request, sub_request);
            return;
        }
        plan.mark_answered(request, sub_request);
        if (over_) {
            return;
        }
        seen_.take(sub_request);
        if (++answers_ == plan.wanted()) {
            over_ = true;
            enough_.notify_one();
        }
    }

    request_end wait(const request_plan& plan) {
        const auto deadline = std::chrono::steady_clock::now() + request_timeout;
        std::unique_lock lock(mutex_);
        const auto enough = [&] { return over_; };
        if (plan.mode() == request_mode::timeout) {
            enough_.wait_until(lock, deadline, enough);
        } else {
            enough_.wait(lock, enough);
        }
        const request_end end{seen_, std::chrono::steady_clock::now()};
        over_ = true;
        cancelled_.notify_all();
        return end;
    }

    Mutex mutex_;  // guards everything
    Condition enough_;
    Condition cancelled_;
    answers_seen seen_;
    std::size_t answers_ = 0;
    bool over_ = false;
};

}  // namespace suite::fanout
