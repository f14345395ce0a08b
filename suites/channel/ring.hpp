// channel/ring: tokens go round a ring of tasks over unbuffered channels.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/workload.hpp"

namespace suite::channel {

/// What ends the tasks once all tokens have: channels are not closed, because the last sender may
/// not have returned yet.
inline constexpr std::uint64_t stop_token = ~std::uint64_t{0};

/// Where tokens start and how far they go. A token is the number of hops that it has left; it ends
/// at the task that receives a 1.
class ring_way {
public:
    explicit ring_way(const settings& run)
        : hops_(static_cast<std::uint64_t>(run.operations)),
          tasks_(static_cast<std::size_t>(run.number("tasks", 2))),
          tokens_(static_cast<std::size_t>(run.number("tokens", 1))) {
        if (tokens_ >= tasks_) {
            throw usage_error("tokens have to be fewer than tasks: a full ring cannot turn");
        }
        if (hops_ < tokens_) {
            throw usage_error("the operations of channel/ring are at least its tokens");
        }
    }

    std::size_t tasks() const { return tasks_; }
    std::size_t tokens() const { return tokens_; }

    /// The task that a token is given to first.
    std::size_t start(std::size_t token) const { return token * tasks_ / tokens_; }
    std::uint64_t hops(std::size_t token) const { return share_of(hops_, tokens_, token); }

    /// `passed` is how many tokens each task received; returns the hops of all.
    std::uint64_t check(const std::vector<std::uint64_t>& passed) const {
        std::vector<std::uint64_t> wanted(tasks_);
        for (std::size_t token = 0; token < tokens_; ++token) {
            for (std::size_t step = 0; step < tasks_; ++step) {
                wanted[(start(token) + step) % tasks_] += share_of(hops(token), tasks_, step);
            }
        }
        for (std::size_t task = 0; task < tasks_; ++task) {
            require_equal(passed[task], wanted[task], "tokens that one task received");
        }
        return hops_;
    }

private:
    std::uint64_t hops_;
    std::size_t tasks_;
    std::size_t tokens_;
};

template <class C>
requires has_tasks<C> && has_channels<C>
class ring {
public:
    explicit ring(const settings& run) : way_(run) {}

    std::uint64_t repeat(meter& stopwatch) {
        std::vector<channel> links;
        for (std::size_t task = 0; task < way_.tasks(); ++task) {
            links.push_back(C::template make_channel<std::uint64_t>(0));
        }
        std::vector<std::uint64_t> passed(way_.tasks());
        typename C::wait_group ready;
        typename C::wait_group home;
        typename C::wait_group ended;
        ready.add(static_cast<std::int64_t>(way_.tasks()));
        home.add(static_cast<std::int64_t>(way_.tokens()));
        ended.add(static_cast<std::int64_t>(way_.tasks()));
        for (std::size_t task = 0; task < way_.tasks(); ++task) {
            const bool last = task + 1 == way_.tasks();
            C::spawn([from = links[task], to = links[last ? 0 : task + 1], last,
                      &result = passed[task], &ready, &home, &ended]() mutable {
                ready.done();
                result = pass_on(from, to, home);
                if (!last) {
                    to.send(stop_token);
                }
                ended.done();
            });
        }
        ready.wait();
        stopwatch.start();
        for (std::size_t token = 0; token < way_.tokens(); ++token) {
            links[way_.start(token)].send(way_.hops(token));
        }
        home.wait();
        stopwatch.stop();
        links.front().send(stop_token);
        ended.wait();
        return way_.check(passed);
    }

private:
    using channel = decltype(C::template make_channel<std::uint64_t>(0));

    static std::uint64_t pass_on(channel& from, channel& to, typename C::wait_group& home) {
        std::uint64_t passed = 0;
        for (;;) {
            const std::uint64_t token = from.recv().value_or(stop_token);
            if (token == stop_token) {
                return passed;
            }
            ++passed;
            if (token <= 1) {
                home.done();
            } else {
                to.send(token - 1);
            }
        }
    }

    ring_way way_;
};

struct ring_workload {
    static constexpr std::array<std::string_view, 2> parameters{"tasks", "tokens"};
    static constexpr workload_info info{.id = "channel/ring",
                                        .version = 1,
                                        .source = "suites/channel/ring.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = ring<C>;
};

}  // namespace suite::channel
