// fanout/stall: as fanout/echo, but now and then a connection's task computes before it answers.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>

#include "suites/fanout/echo.hpp"
#include "suites/kit/spin.hpp"

namespace suite::fanout {

inline constexpr std::int64_t stall_connections = 64;
inline constexpr std::int64_t stall_messages_per_second = 10'000;
inline constexpr std::chrono::nanoseconds stall_time = std::chrono::milliseconds(1);

/// The instants at which one connection's task computes: after each stall a time of the exponential
/// distribution passes, so that what the stalls ask for stays bounded when there is too much of it.
class stalls {
public:
    /// `load` is what the stalls of all connections take together, in percent of one CPU.
    stalls(std::uint64_t seed, double load)
        : random_(seed),
          gap_ns_(load / 100 / static_cast<double>(stall_connections * stall_time.count())),
          next_(std::chrono::steady_clock::now() + draw()) {}

    bool due() const { return std::chrono::steady_clock::now() >= next_; }
    /// Draws when the next one is due.
    void over() { next_ = std::chrono::steady_clock::now() + draw(); }
    std::chrono::steady_clock::time_point next() const { return next_; }

private:
    std::chrono::nanoseconds draw() {
        return std::chrono::nanoseconds(static_cast<std::int64_t>(gap_ns_(random_)));
    }

    std::mt19937_64 random_;
    std::exponential_distribution<double> gap_ns_;
    std::chrono::steady_clock::time_point next_;
};

template <class C>
requires has_tasks<C> && has_listeners<C>
class stall {
public:
    explicit stall(const settings& run)
        : messages_(static_cast<std::uint64_t>(run.operations)),
          order_("open " + std::to_string(messages_) + ' ' +
                 std::to_string(stall_messages_per_second)),
          server_(run, stall_connections, {this, static_cast<double>(run.number("load", 1))}) {}

    std::uint64_t repeat(meter& stopwatch) {
        const std::int64_t before = stalls_.load(std::memory_order_relaxed);
        const load_report report = server_.run(stopwatch, order_);
        const auto stalled_ns =
            (stalls_.load(std::memory_order_relaxed) - before) * stall_time.count();
        stopwatch.figure("stall_load",
                         100 * static_cast<double>(stalled_ns) / stopwatch.elapsed_ns());
        return check_messages(report, messages_, stall_connections, server_.accepted());
    }

private:
    struct service {
        template <byte_stream Stream>
        void operator()(Stream& stream) {
            stalls mine(owner->seeds_.fetch_add(1, std::memory_order_relaxed), load);
            send_back(stream, [&] {
                if (mine.due()) {
                    owner->work_(1);
                    owner->stalls_.fetch_add(1, std::memory_order_relaxed);
                    mine.over();
                }
            });
        }

        stall* owner;
        double load;
    };

    std::uint64_t messages_;
    std::string order_;
    spin work_{static_cast<double>(stall_time.count())};
    std::atomic<std::uint64_t> seeds_{0};
    std::atomic<std::int64_t> stalls_{0};
    loaded_server<C, service> server_;
};

struct stall_workload {
    static constexpr std::array<std::string_view, 1> parameters{"load"};
    static constexpr workload_info info{.id = "fanout/stall",
                                        .version = 1,
                                        .source = "suites/fanout/stall.hpp",
                                        .parameters = parameters,
                                        .needs_server = true};
    static constexpr std::array needs{capability::listeners, capability::tasks};
    template <class C>
    using body = stall<C>;
};

}  // namespace suite::fanout
