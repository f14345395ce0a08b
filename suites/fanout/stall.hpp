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

/// Has the connections of one server compute, and counts how often.
class stalling {
public:
    /// `load` is that of all connections together, as above.
    explicit stalling(double load) : load_(load) {}

    /// The instants of one connection more.
    stalls of_connection() { return {seeds_.fetch_add(1, std::memory_order_relaxed), load_}; }

    /// Computes when it is time to.
    void compute_if_due(stalls& of_connection) {
        if (of_connection.due()) {
            work_(1);
            count_.fetch_add(1, std::memory_order_relaxed);
            of_connection.over();
        }
    }

    /// How long all connections have computed.
    std::chrono::nanoseconds computed() const {
        return count_.load(std::memory_order_relaxed) * stall_time;
    }

private:
    double load_;
    spin work_{static_cast<double>(stall_time.count())};
    std::atomic<std::uint64_t> seeds_{0};
    std::atomic<std::int64_t> count_{0};
};

/// `Server` is that of echo_of; its service is made from where it gets its stalls.
template <class Server>
class stall_of {
public:
    explicit stall_of(const settings& run)
        : messages_(static_cast<std::uint64_t>(run.operations)),
          order_("open " + std::to_string(messages_) + ' ' +
                 std::to_string(stall_messages_per_second)),
          stalling_(static_cast<double>(run.number("load", 1))),
          server_(run, stall_connections, typename Server::service{&stalling_}) {}

    std::uint64_t repeat(meter& stopwatch) {
        const std::chrono::nanoseconds before = stalling_.computed();
        const load_report report = server_.run(stopwatch, order_);
        const std::chrono::nanoseconds computed = stalling_.computed() - before;
        stopwatch.figure("stall_load",
                         100 * static_cast<double>(computed.count()) / stopwatch.elapsed_ns());
        return check_messages(report, messages_, stall_connections, server_.accepted());
    }

private:
    std::uint64_t messages_;
    std::string order_;
    stalling stalling_;
    Server server_;
};

struct stall_service {
    template <byte_stream Stream>
    void operator()(Stream& stream) const {
        stalls mine = server->of_connection();
        send_back(stream, [&] { server->compute_if_due(mine); });
    }

    stalling* server = nullptr;
};

template <class C>
using stall = stall_of<loaded_server<C, task_server<C, stall_service>>>;

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
