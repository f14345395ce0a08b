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

template <class C>
requires has_tasks<C> && has_sleeps<C>
class starvation {
public:
    /// The work is as long as the ticking lasts.
    explicit starvation(const settings& run)
        : ticks_each_(run.operations / tickers),
          work_(std::chrono::duration<double, std::nano>(period * ticks_each_).count()) {
        if (ticks_each_ < 1 || run.operations % tickers != 0) {
            throw usage_error("the operations are a multiple of " + std::to_string(tickers));
        }
    }

    std::uint64_t repeat(meter& stopwatch) {
        std::vector<ticker> all(tickers, ticker(static_cast<std::size_t>(ticks_each_)));
        std::chrono::nanoseconds worked{0};
        typename C::wait_group ended;
        ended.add(tickers + 1);
        stopwatch.start();
        const auto begin = clock::now();
        for (std::int64_t index = 0; index < tickers; ++index) {
            C::spawn([&, index] {
                auto& own = all[static_cast<std::size_t>(index)];
                own.tick(begin + index * period / tickers, ticks_each_);
                ended.done();
            });
        }
        C::spawn([&] {
            const auto before = clock::now();
            do_work(work_, 1);
            worked = clock::now() - before;
            ended.done();
        });
        ended.wait();
        stopwatch.stop();
        stopwatch.figure("work_ns", static_cast<double>(worked.count()));
        return check(all, stopwatch);
    }

private:
    using clock = std::chrono::steady_clock;
    static constexpr std::int64_t tickers = 100;
    static constexpr std::chrono::nanoseconds period = std::chrono::milliseconds(10);

    /// Each tick is due at a time that does not depend on the ticks before it, so that a late one
    /// does not hide how late the next ones are.
    class ticker {
    public:
        explicit ticker(std::size_t ticks) : late_(ticks) {}

        void tick(clock::time_point due, std::int64_t ticks) {
            for (; ticks > 0; --ticks) {
                due += period;
                const auto left = due - clock::now();
                if (left > clock::duration::zero()) {
                    C::sleep_for(left);
                }
                const std::chrono::nanoseconds late = clock::now() - due;
                early_ += late < std::chrono::nanoseconds::zero() ? 1 : 0;
                late_.add(late.count());
            }
        }

        std::uint64_t early() const { return early_; }
        const latencies& late() const { return late_; }

    private:
        latencies late_;
        std::uint64_t early_ = 0;
    };

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

struct starvation_workload {
    static constexpr std::array<std::string_view, 0> parameters{};
    static constexpr workload_info info{.id = "pool/starvation",
                                        .version = 1,
                                        .source = "suites/pool/starvation.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::sleeps};
    template <class C>
    using body = starvation<C>;
};

}  // namespace suite::pool
