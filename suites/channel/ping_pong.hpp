// channel/ping_pong: a token goes back and forth between two tasks over two channels.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "suites/kit/check.hpp"
#include "suites/kit/latencies.hpp"
#include "suites/kit/workload.hpp"

namespace suite::channel {

/// Whether the clock is read after each trip, and not for all of them together.
inline bool times_each_trip(const settings& run) {
    const std::string& timed = run.text("timed");
    if (timed != "all" && timed != "each") {
        throw usage_error("timed is all or each, not " + timed);
    }
    return timed == "each";
}

template <class C>
requires has_tasks<C> && has_channels<C>
class ping_pong {
public:
    explicit ping_pong(const settings& run)
        : trips_(run.operations),
          capacity_(static_cast<std::size_t>(run.number("capacity"))),
          each_(times_each_trip(run)) {}

    std::uint64_t repeat(meter& stopwatch) {
        auto there = C::template make_channel<std::uint64_t>(capacity_);
        auto back = C::template make_channel<std::uint64_t>(capacity_);
        stopwatch.effective("capacity", std::to_string(there.capacity()));
        typename C::wait_group ended;
        std::uint64_t token = 0;
        latencies taken(each_ ? static_cast<std::size_t>(trips_) : 0);
        stopwatch.start();
        ended.add(2);
        C::spawn([this, there, back, &token, &taken, &ended]() mutable {
            auto begin = each_ ? clock::now() : clock::time_point{};
            for (std::int64_t trip = 0; trip < trips_; ++trip) {
                there.send(token);
                token = back.recv().value_or(0) + 1;
                if (each_) {
                    const auto end = clock::now();
                    taken.add(std::chrono::nanoseconds(end - begin).count());
                    begin = end;
                }
            }
            ended.done();
        });
        C::spawn([there, back, trips = trips_, &ended]() mutable {
            for (std::int64_t trip = 0; trip < trips; ++trip) {
                back.send(there.recv().value_or(0) + 1);
            }
            ended.done();
        });
        ended.wait();
        stopwatch.stop();
        if (each_) {
            taken.report(stopwatch);
        }
        require_equal(token, 2 * static_cast<std::uint64_t>(trips_), "token after all hops");
        return token;
    }

private:
    using clock = std::chrono::steady_clock;

    std::int64_t trips_;
    std::size_t capacity_;
    bool each_;
};

struct ping_pong_workload {
    static constexpr std::array<std::string_view, 2> parameters{"capacity", "timed"};
    static constexpr workload_info info{.id = "channel/ping_pong",
                                        .version = 1,
                                        .source = "suites/channel/ping_pong.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = ping_pong<C>;
};

}  // namespace suite::channel
