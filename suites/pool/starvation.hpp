// pool/starvation: one task computes without a scheduling point while a hundred others tick.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/latencies.hpp"
#include "suites/kit/workload.hpp"
#include "suites/pool/jobs.hpp"

namespace suite::pool {

/// Each tick is due at a time that does not depend on the ticks before it, so that a late one does
/// not hide how late the next ones are.
class ticker {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::nanoseconds period = std::chrono::milliseconds(10);

    explicit ticker(std::size_t ticks) : left_(ticks), late_(ticks) {}

    /// The first tick is due a period later.
    void begin(clock::time_point at) { due_ = at + period; }

    bool ticks_on() const { return left_ > 0; }
    /// The time until the next tick is due; none, or less, where it is over.
    std::chrono::nanoseconds until_due() const { return due_ - clock::now(); }
    /// To be called after that time.
    void tick() {
        const std::chrono::nanoseconds late = clock::now() - due_;
        early_ += late < std::chrono::nanoseconds::zero() ? 1 : 0;
        late_.add(late.count());
        due_ += period;
        --left_;
    }

    std::uint64_t early() const { return early_; }
    const latencies& late() const { return late_; }

private:
    std::size_t left_;
    latencies late_;
    clock::time_point due_;
    std::uint64_t early_ = 0;
};

/// Does the work and returns how long it took.
inline std::chrono::nanoseconds time_work(const spin& work) {
    const auto before = std::chrono::steady_clock::now();
    do_work(work, 1);
    return std::chrono::steady_clock::now() - before;
}

/// `Form::tick_beside(all, work)` has a task for each ticker, which has begun, make its ticks, and
/// one that was started after them call time_work; it returns what that did.
template <class Form>
class starvation_of {
public:
    /// The work is as long as the ticking lasts.
    explicit starvation_of(const settings& run)
        : ticks_each_(run.operations / tickers),
          work_(std::chrono::duration<double, std::nano>(ticker::period * ticks_each_).count()) {
        if (ticks_each_ < 1 || run.operations % tickers != 0) {
            throw usage_error("the operations are a multiple of " + std::to_string(tickers));
        }
    }

    std::uint64_t repeat(meter& stopwatch) {
        std::vector<ticker> all(tickers, ticker(static_cast<std::size_t>(ticks_each_)));
        stopwatch.start();
        auto begin = ticker::clock::now();
        for (ticker& each : all) {
            each.begin(begin);
            begin += ticker::period / tickers;
        }
        const std::chrono::nanoseconds worked = Form::tick_beside(all, work_);
        stopwatch.stop();
        stopwatch.figure("work_ns", static_cast<double>(worked.count()));
        return check(all, stopwatch);
    }

private:
    static constexpr std::int64_t tickers = 100;

    static std::uint64_t check(const std::vector<ticker>& all, meter& stopwatch) {
        latencies late(0);
        for (const ticker& each : all) {
            require_equal(each.early(), std::uint64_t{0}, "ticks before their time");
            late.merge(each.late());
        }
        late.report(stopwatch);
        return late.count();
    }

    std::int64_t ticks_each_;
    spin work_;
};

template <class C>
requires has_tasks<C> && has_sleeps<C>
struct sleeping_tickers {
    static std::chrono::nanoseconds tick_beside(std::vector<ticker>& all, const spin& work) {
        std::chrono::nanoseconds worked{0};
        typename C::wait_group ended;
        ended.add(static_cast<std::int64_t>(all.size()) + 1);
        for (ticker& each : all) {
            C::spawn([&own = each, &ended] {
                for (; own.ticks_on(); own.tick()) {
                    const auto left = own.until_due();
                    if (left > std::chrono::nanoseconds::zero()) {
                        C::sleep_for(left);
                    }
                }
                ended.done();
            });
        }
        C::spawn([&] {
            worked = time_work(work);
            ended.done();
        });
        ended.wait();
        return worked;
    }
};

struct starvation_workload {
    static constexpr std::array<std::string_view, 0> parameters{};
    static constexpr workload_info info{.id = "pool/starvation",
                                        .version = 1,
                                        .source = "suites/pool/starvation.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::sleeps};
    template <class C>
    using body = starvation_of<sleeping_tickers<C>>;
};

}  // namespace suite::pool
