// time/sleep_storm: many tasks are asleep at once and wake one after the other within 0.1 s.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/head_start.hpp"
#include "suites/kit/latencies.hpp"
#include "suites/kit/workload.hpp"

namespace suite::time {

/// How long after the storm's begin a sleeper is to wake: 1 to 100 ms in whole nanoseconds, the
/// same for a number in every language (splitmix64).
inline std::chrono::nanoseconds wake_after(std::uint64_t sleeper) {
    constexpr std::uint64_t least_ns = 1'000'000;
    constexpr std::uint64_t most_ns = 100'000'000;
    std::uint64_t mixed = (sleeper + 1) * 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    mixed ^= mixed >> 31;
    return std::chrono::nanoseconds(least_ns + mixed % (most_ns - least_ns + 1));
}

/// `Form` is the sleepers of one storm: `start(begin, late)` starts one for each place of `late`,
/// which it leaves there how late it woke, and returns once every one is about to sleep;
/// `await_end()` returns once all have ended.
template <class Form>
class sleep_storm_of {
public:
    explicit sleep_storm_of(const settings& run)
        : late_(static_cast<std::size_t>(run.number("tasks", 1))),
          storms_(run.operations),
          lead_(late_.size()) {}

    std::uint64_t repeat(meter& stopwatch) {
        latencies lateness(late_.size() * static_cast<std::size_t>(storms_));
        double cpu_ns = 0;
        std::uint64_t checksum = 0;
        stopwatch.start();
        for (std::int64_t storm = 0; storm < storms_; ++storm) {
            cpu_ns += one_storm();
            checksum += check(lateness);
        }
        stopwatch.stop();
        lateness.report(stopwatch);
        stopwatch.figure("cpu_task_ns", cpu_ns / static_cast<double>(lateness.count()));
        return checksum;
    }

private:
    using clock = std::chrono::steady_clock;

    static constexpr std::int64_t never_ns = -1;

    /// Returns the CPU time from when all are asleep until all have ended.
    double one_storm() {
        late_.assign(late_.size(), never_ns);
        Form sleepers;
        lead_.arrange([&](clock::time_point begin) { sleepers.start(begin, late_); },
                      [&] { sleepers.await_end(); });
        const double before_ns = usage::now().cpu_ns;
        sleepers.await_end();
        return usage::now().cpu_ns - before_ns;
    }

    /// Each sleeper's lateness, and the sum of the times that they were to sleep.
    std::uint64_t check(latencies& lateness) const {
        std::uint64_t sum_ns = 0;
        for (std::size_t sleeper = 0; sleeper < late_.size(); ++sleeper) {
            if (late_[sleeper] < 0) {
                throw wrong_result("sleeper " + std::to_string(sleeper) +
                                   " did not wake, or too early");
            }
            lateness.add(late_[sleeper]);
            sum_ns += static_cast<std::uint64_t>(wake_after(sleeper).count());
        }
        return sum_ns;
    }

    std::vector<std::int64_t> late_;
    std::int64_t storms_;
    head_start<> lead_;
};

template <class C>
requires has_tasks<C> && has_sleeps<C>
class sleeping_tasks {
public:
    using clock = std::chrono::steady_clock;

    void start(clock::time_point begin, std::vector<std::int64_t>& late) {
        typename C::wait_group reported;
        reported.add(static_cast<std::int64_t>(late.size()));
        ended_.add(static_cast<std::int64_t>(late.size()));
        for (std::size_t sleeper = 0; sleeper < late.size(); ++sleeper) {
            const auto due = begin + wake_after(sleeper);
            C::spawn([this, due, &late_ns = late[sleeper], &reported] {
                reported.done();
                C::sleep_for(due - clock::now());
                late_ns = std::chrono::nanoseconds(clock::now() - due).count();
                ended_.done();
            });
        }
        reported.wait();
    }
    void await_end() { ended_.wait(); }

private:
    typename C::wait_group ended_;
};

struct sleep_storm_workload {
    static constexpr std::array<std::string_view, 1> parameters{"tasks"};
    static constexpr workload_info info{.id = "time/sleep_storm",
                                        .version = 1,
                                        .source = "suites/time/sleep_storm.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::sleeps};
    template <class C>
    using body = sleep_storm_of<sleeping_tasks<C>>;
};

}  // namespace suite::time
