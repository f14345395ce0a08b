// Coroutines in a row, or a ring, that pass on what they receive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "suites/channel/fine_grain_sum.hpp"
#include "suites/channel/pipeline.hpp"
#include "suites/channel/ring.hpp"
#include "suites/channel/sieve.hpp"
#include "tasks.hpp"

namespace contender {

template <class Channel>
task<> send_numbers(Channel out, std::uint64_t first, std::uint64_t count) {
    co_await queued();
    for (std::uint64_t number = first; number < first + count; ++number) {
        if (!out.send_at_once(number)) {
            co_await out.send(number);
        }
    }
    co_await out.send_end();
}

/// Sends on what `function` makes of a number, if anything.
template <class Channel, class Function>
task<> pass_on(Channel in, Channel out, Function function) {
    co_await queued();
    for (;;) {
        channel::message got;
        if (!in.receive_at_once(got)) {
            got = co_await in.receive();
        }
        if (std::get<0>(got)) {
            break;
        }
        const std::optional<std::uint64_t> number = function(std::get<1>(got));
        if (number && !out.send_at_once(*number)) {
            co_await out.send(*number);
        }
    }
    co_await out.send_end();
}

template <class Channel>
class coroutine_ring {
public:
    explicit coroutine_ring(const suite::settings& run) : way_(run) {}

    std::uint64_t repeat(suite::meter& stopwatch) { return run_to_end(turn(stopwatch)); }

private:
    struct progress {
        wait_group ready;
        wait_group home;
        wait_group ended;
    };

    task<std::uint64_t> turn(suite::meter& stopwatch) {
        std::vector<Channel> links;
        for (std::size_t each = 0; each < way_.tasks(); ++each) {
            links.emplace_back(0);
        }
        std::vector<std::uint64_t> passed(way_.tasks());
        progress all;
        all.ready.add(way_.tasks());
        all.home.add(way_.tokens());
        all.ended.add(way_.tasks());
        for (std::size_t each = 0; each < way_.tasks(); ++each) {
            const bool last = each + 1 == way_.tasks();
            start(station(links[each], links[last ? 0 : each + 1], last, passed[each], all));
        }
        co_await all.ready.wait();
        stopwatch.start();
        for (std::size_t token = 0; token < way_.tokens(); ++token) {
            co_await links[way_.start(token)].send(way_.hops(token));
        }
        co_await all.home.wait();
        stopwatch.stop();
        co_await links.front().send(suite::channel::stop_token);
        co_await all.ended.wait();
        co_return way_.check(passed);
    }

    static task<> station(Channel from, Channel to, bool last, std::uint64_t& passed,
                          progress& all) {
        co_await queued();
        all.ready.done();
        std::uint64_t own = 0;
        for (;; ++own) {
            channel::message got;
            if (!from.receive_at_once(got)) {
                got = co_await from.receive();
            }
            const std::uint64_t token = std::get<1>(got);
            if (token == suite::channel::stop_token) {
                break;
            }
            if (token <= 1) {
                all.home.done();
            } else if (!to.send_at_once(token - 1)) {
                co_await to.send(token - 1);
            }
        }
        if (!last) {
            co_await to.send(suite::channel::stop_token);
        }
        passed = own;
        all.ended.done();
    }

    suite::channel::ring_way way_;
};

template <class Channel>
struct coroutine_for_each_stage {
    static suite::channel::weighted_sum flow(const suite::channel::pipeline_shape& shape,
                                             suite::meter& stopwatch) {
        return run_to_end(all_stages(shape, stopwatch));
    }

private:
    static task<suite::channel::weighted_sum> all_stages(suite::channel::pipeline_shape shape,
                                                         suite::meter& stopwatch) {
        std::vector<Channel> links;
        for (std::size_t stage = 1; stage < shape.stages; ++stage) {
            links.emplace_back(shape.capacity);
        }
        stopwatch.effective("capacity", std::to_string(links.front().capacity()));
        suite::channel::weighted_sum all;
        stopwatch.start();
        start(send_numbers(links.front(), 2, shape.numbers));
        for (std::size_t stage = 1; stage < links.size(); ++stage) {
            start(pass_on(links[stage - 1], links[stage], suite::channel::squared));
        }
        co_await take_all(links.back(), [&all](std::uint64_t number) { all.take(number); });
        stopwatch.stop();
        co_return all;
    }
};

template <class Channel>
struct coroutine_for_each_prime {
    static void sift(std::uint64_t last, std::vector<std::uint64_t>& found) {
        run_to_end(one_sieve(last, found));
    }

private:
    struct indivisible_by {
        std::uint64_t prime;
        std::optional<std::uint64_t> operator()(std::uint64_t number) const {
            return number % prime != 0 ? std::optional(number) : std::nullopt;
        }
    };

    static task<> one_sieve(std::uint64_t last, std::vector<std::uint64_t>& found) {
        constexpr std::uint64_t first = 2;
        Channel numbers(0);
        start(send_numbers(numbers, first, last - first + 1));
        for (;;) {
            channel::message got;
            if (!numbers.receive_at_once(got)) {
                got = co_await numbers.receive();
            }
            if (std::get<0>(got)) {
                break;
            }
            found.push_back(std::get<1>(got));
            Channel rest(0);
            start(pass_on(numbers, rest, indivisible_by{std::get<1>(got)}));
            numbers = rest;
        }
    }
};

/// One coroutine sends the batches' numbers, another one sums what it is sent.
template <class Channel>
struct sum_of_coroutines {
    static std::uint64_t sum(const suite::channel::number_batches& batches) {
        return run_to_end(receive_all(batches));
    }

private:
    static task<std::uint64_t> receive_all(const suite::channel::number_batches& batches) {
        Channel numbers(0);
        start(send_numbers(numbers, 0, batches.count()));
        std::uint64_t sum = 0;
        co_await take_all(numbers, [&](std::uint64_t batch) { sum += batches.sum(batch); });
        co_return sum;
    }
};

}  // namespace contender
