// Channels between coroutines.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "adapter.hpp"
#include "channel_chains.hpp"
#include "coroutine_select.hpp"
#include "suites/channel/ping_pong.hpp"
#include "suites/channel/throughput.hpp"
#include "suites/kit/latencies.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/spin.hpp"

namespace contender {

template <class Channel>
class coroutine_ping_pong {
public:
    explicit coroutine_ping_pong(const suite::settings& run)
        : trips_(run.operations),
          capacity_(static_cast<std::size_t>(run.number("capacity"))),
          each_(suite::channel::times_each_trip(run)) {}

    std::uint64_t repeat(suite::meter& stopwatch) { return run_to_end(play(stopwatch)); }

private:
    using clock = std::chrono::steady_clock;

    task<std::uint64_t> play(suite::meter& stopwatch) {
        Channel there(capacity_);
        Channel back(capacity_);
        stopwatch.effective("capacity", std::to_string(there.capacity()));
        wait_group ended;
        std::uint64_t token = 0;
        suite::latencies taken(each_ ? static_cast<std::size_t>(trips_) : 0);
        stopwatch.start();
        ended.add(2);
        start(first(there, back, token, taken, ended));
        start(second(there, back, ended));
        co_await ended.wait();
        stopwatch.stop();
        if (each_) {
            taken.report(stopwatch);
        }
        suite::require_equal(token, 2 * static_cast<std::uint64_t>(trips_), "token after all hops");
        co_return token;
    }

    task<> first(Channel there, Channel back, std::uint64_t& token, suite::latencies& taken,
                 wait_group& ended) {
        co_await queued();
        auto begin = each_ ? clock::now() : clock::time_point{};
        for (std::int64_t trip = 0; trip < trips_; ++trip) {
            if (!there.send_at_once(token)) {
                co_await there.send(token);
            }
            channel::message got;
            if (!back.receive_at_once(got)) {
                got = co_await back.receive();
            }
            token = std::get<1>(got) + 1;
            if (each_) {
                const auto end = clock::now();
                taken.add(std::chrono::nanoseconds(end - begin).count());
                begin = end;
            }
        }
        ended.done();
    }

    task<> second(Channel there, Channel back, wait_group& ended) {
        co_await queued();
        for (std::int64_t trip = 0; trip < trips_; ++trip) {
            channel::message got;
            if (!there.receive_at_once(got)) {
                got = co_await there.receive();
            }
            if (!back.send_at_once(std::get<1>(got) + 1)) {
                co_await back.send(std::get<1>(got) + 1);
            }
        }
        ended.done();
    }

    std::int64_t trips_;
    std::size_t capacity_;
    bool each_;
};

template <class Channel>
class coroutine_throughput {
public:
    explicit coroutine_throughput(const suite::settings& run)
        : messages_(static_cast<std::uint64_t>(run.operations)),
          producers_(static_cast<std::size_t>(run.number("producers", 1))),
          consumers_(static_cast<std::size_t>(run.number("consumers", 1))),
          capacity_(static_cast<std::size_t>(run.number("capacity"))),
          transport_(choose(run.number("message_bytes"))) {
        if (const std::int64_t work_ns = run.number("work_ns"); work_ns > 0) {
            work_.emplace(static_cast<double>(work_ns));
        }
    }

    std::uint64_t repeat(suite::meter& stopwatch) {
        return run_to_end((this->*transport_)(stopwatch));
    }

private:
    using tally = suite::channel::tally;
    using transport_function = task<std::uint64_t> (coroutine_throughput::*)(suite::meter&);
    template <class Message>
    using channel_for = typename Channel::template carrying<Message>;

    static transport_function choose(std::int64_t message_bytes) {
        const auto transport_of =
            []<class Message>(std::type_identity<Message>) -> transport_function {
            return &coroutine_throughput::transport<Message>;
        };
        return suite::channel::with_message_of(message_bytes, transport_of);
    }

    template <class Message>
    task<std::uint64_t> transport(suite::meter& stopwatch) {
        channel_for<Message> messages(capacity_);
        stopwatch.effective("capacity", std::to_string(messages.capacity()));
        std::vector<tally> seen(consumers_, tally(producers_));
        wait_group sent;
        wait_group received;
        sent.add(producers_);
        received.add(consumers_);
        stopwatch.start();
        for (tally& result : seen) {
            start(consume<Message>(messages, result, received));
        }
        for (std::size_t producer = 0; producer < producers_; ++producer) {
            start(produce<Message>(messages, producer, sent));
        }
        co_await sent.wait();
        for (std::size_t consumer = 0; consumer < consumers_; ++consumer) {
            co_await messages.send_end();
        }
        co_await received.wait();
        stopwatch.stop();
        co_return check(seen);
    }

    template <class Message>
    task<> consume(channel_for<Message> messages, tally& result, wait_group& received) {
        co_await queued();
        // In the task's own frame: neighbouring results would share cache lines.
        tally own = result;
        co_await take_all(messages, [this, &own](const Message& message) {
            own.take(static_cast<std::uint64_t>(message));
            work(own.count);
        });
        result = std::move(own);
        received.done();
    }

    template <class Message>
    task<> produce(channel_for<Message> messages, std::size_t producer, wait_group& sent) {
        co_await queued();
        const std::uint64_t count = share(producer);
        for (std::uint64_t number = 1; number <= count; ++number) {
            work(number);
            const Message message(suite::channel::message::make(producer, number));
            if (!messages.send_at_once(message)) {
                co_await messages.send(message);
            }
        }
        sent.done();
    }

    void work(std::uint64_t seed) const {
        if (work_) {
            (*work_)(seed);
        }
    }

    std::uint64_t share(std::size_t producer) const {
        return suite::share_of(messages_, producers_, producer);
    }

    std::uint64_t check(const std::vector<tally>& seen) const {
        std::uint64_t count = 0;
        std::uint64_t sum = 0;
        for (const tally& each : seen) {
            suite::require_equal(each.disordered, std::uint64_t{0}, "messages out of order");
            count += each.count;
            sum += each.sum;
        }
        for (std::size_t producer = 0; producer < producers_; ++producer) {
            sum -= share(producer) * (share(producer) + 1) / 2;
        }
        suite::require_equal(count, messages_, "messages received");
        suite::require_equal(sum, std::uint64_t{0}, "excess of the sum of the messages' numbers");
        return count;
    }

    std::uint64_t messages_;
    std::size_t producers_;
    std::size_t consumers_;
    std::size_t capacity_;
    transport_function transport_;
    std::optional<suite::spin> work_;  // between two operations of a task
};

/// What is the same in all of them: where the form stands.
struct channel_idiom {
    static constexpr std::string_view source = "baselines/asio/channel_idioms.hpp";
};
struct channel_chain_idiom {
    static constexpr std::string_view source = "baselines/asio/channel_chains.hpp";
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::asio_coroutines, channel::ping_pong_workload> : contender::channel_idiom {
    using body = contender::coroutine_ping_pong<contender::channel>;
};

template <>
struct idiom<contender::asio_coroutines, channel::throughput_workload> : contender::channel_idiom {
    using body = contender::coroutine_throughput<contender::channel>;
};

template <>
struct idiom<contender::asio_coroutines, channel::ring_workload> : contender::channel_chain_idiom {
    using body = contender::coroutine_ring<contender::channel>;
};

template <>
struct idiom<contender::asio_coroutines, channel::pipeline_workload>
    : contender::channel_chain_idiom {
    using body = channel::pipeline_of<contender::coroutine_for_each_stage<contender::channel>>;
};

template <>
struct idiom<contender::asio_coroutines, channel::sieve_workload> : contender::channel_chain_idiom {
    using body = channel::sieve_of<contender::coroutine_for_each_prime<contender::channel>>;
};

template <>
struct idiom<contender::asio_coroutines, channel::fine_grain_sum_workload>
    : contender::channel_chain_idiom {
    using body = channel::fine_grain_sum_of<contender::sum_of_coroutines<contender::channel>>;
};

template <>
struct idiom<contender::asio_coroutines, channel::select_workload> {
    using body = contender::coroutine_select<contender::channel_group>;
    static constexpr std::string_view source = "baselines/asio/coroutine_select.hpp";
};

}  // namespace suite
