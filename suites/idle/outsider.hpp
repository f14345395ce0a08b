// A thread that is none of the pool's, and the events that it gives to the pool one by one.
//
// Who measures: the outsider reads the clock just before it gives an event, the task that takes it
// reads the same steady clock first thing. Both are the kernel's CLOCK_MONOTONIC, one for all CPUs;
// the difference holds one reading of it, some 20 ns. How late the outsider itself came out of its
// sleep is in no figure, since the event begins when it is given.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <thread>

#include "suites/kit/check.hpp"
#include "suites/kit/latencies.hpp"

namespace suite::idle {

/// Events are numbered from 1. An event is given once the one before was taken and the gap is over.
class events {
public:
    events(std::uint64_t count, std::chrono::nanoseconds gap, std::chrono::nanoseconds patience)
        : count_(count), gap_(gap), patience_(patience), wakes_(count) {}

    /// The outsider's part: `send(number)` gives one. Ends early when one is lost.
    template <class Send>
    void give(Send send) {
        for (std::uint64_t number = 1; number <= count_; ++number) {
            if (gap_.count() > 0) {
                std::this_thread::sleep_for(gap_);
            }
            given_at_.store(clock::now().time_since_epoch().count(), std::memory_order_relaxed);
            send(number);
            if (!await_taken(number)) {
                return;
            }
        }
    }

    /// The pool's part: an event has arrived.
    void take(std::uint64_t number) noexcept {
        const std::int64_t now_ns = clock::now().time_since_epoch().count();
        wakes_.add(now_ns - given_at_.load(std::memory_order_relaxed));
        const std::uint64_t taken = taken_.load(std::memory_order_relaxed) + 1;
        if (number != taken) {
            ++mistaken_;
        }
        taken_.store(taken, std::memory_order_release);
    }

    /// To be called once the outsider is gone. Names the percentiles of the latencies.
    std::uint64_t check(meter& stopwatch) {
        const std::uint64_t taken = taken_.load(std::memory_order_acquire);
        require_equal(taken, count_, "events that were taken");
        require_equal(mistaken_, std::uint64_t{0}, "events that were taken out of turn");
        wakes_.report(stopwatch);
        return taken;
    }

private:
    using clock = std::chrono::steady_clock;
    static_assert(clock::period::den == std::nano::den);

    bool await_taken(std::uint64_t number) const {
        const auto lost = clock::now() + patience_;
        while (taken_.load(std::memory_order_acquire) < number) {
            if (clock::now() > lost) {
                return false;
            }
            // Not blocked: waking the outsider would be work for the task that took the event.
            std::this_thread::yield();
        }
        return true;
    }

    std::uint64_t count_;
    std::chrono::nanoseconds gap_;
    std::chrono::nanoseconds patience_;
    latencies wakes_;  // of one task after the other, which taken_ orders, as mistaken_
    std::uint64_t mistaken_ = 0;
    std::atomic<std::int64_t> given_at_{0};
    std::atomic<std::uint64_t> taken_{0};
};

class outsider {
public:
    /// The thread calls `greet`, by which a runtime that looks for deadlocks gets to know it, and
    /// `act` once `begin` was called.
    template <class Greet, class Act>
    outsider(Greet greet, Act act)
        : thread_([this, greet, act]() mutable {
              greet();
              greeted_.count_down();
              begun_.wait();
              act();
          }) {
        greeted_.wait();
    }
    void begin() { begun_.count_down(); }
    /// Returns once the thread has ended; blocks the caller's thread.
    void join() { thread_.join(); }

private:
    std::latch greeted_{1};
    std::latch begun_{1};
    std::thread thread_;
};

}  // namespace suite::idle
