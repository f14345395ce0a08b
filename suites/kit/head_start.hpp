// An instant that tasks are to wait for, late enough for all of them to wait before it comes.
#pragma once

#include <chrono>
#include <cstddef>

#include "suites/kit/errors.hpp"

namespace suite {

/// How long it takes until the tasks wait differs between contenders and machines, so the distance
/// doubles, for good, whenever it was too short.
template <class Clock = std::chrono::steady_clock>
class head_start {
public:
    using time_point = typename Clock::time_point;

    /// Begins with what is enough for most: 10 ms, and 1 us for each task.
    explicit head_start(std::size_t tasks)
        : length_(std::chrono::milliseconds(10) + std::chrono::microseconds(tasks)) {}

    /// Calls `prepare(instant)` until it has returned before the instant, and `give_up()` each time
    /// that it had not. Throws wrong_result when a minute is not enough.
    template <class Prepare, class GiveUp>
    time_point arrange(Prepare prepare, GiveUp give_up) {
        for (;;) {
            const time_point instant = Clock::now() + length_;
            prepare(instant);
            if (Clock::now() < instant) {
                return instant;
            }
            give_up();
            length_ *= 2;
            if (length_ > std::chrono::minutes(1)) {
                throw wrong_result("not all tasks waited within a minute");
            }
        }
    }

private:
    typename Clock::duration length_;
};

}  // namespace suite
