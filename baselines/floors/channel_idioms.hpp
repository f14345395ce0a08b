// Under channels: function calls, and a token between stacks, CPUs and threads.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "adapter.hpp"
#include "round_trips.hpp"
#include "suites/channel/fine_grain_sum.hpp"
#include "suites/channel/ping_pong.hpp"
#include "suites/channel/ring.hpp"
#include "suites/channel/throughput.hpp"

namespace floors {

/// One stack after the other is switched to, round and round, for every hop of every token.
class switched_ring {
public:
    explicit switched_ring(const suite::settings& run)
        : way_(run), hops_(static_cast<std::uint64_t>(run.operations)) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        const std::vector<std::uint64_t> passed = fcontext_round(way_.tasks(), hops_, stopwatch);
        for (std::size_t stack = 0; stack < passed.size(); ++stack) {
            suite::require_equal(passed[stack], suite::share_of(hops_, passed.size(), stack),
                                 "switches into one stack");
        }
        return hops_;
    }

private:
    suite::channel::ring_way way_;
    std::uint64_t hops_;
};

struct called_sum {
    static std::uint64_t sum(const suite::channel::number_batches& batches) {
        std::uint64_t sum = 0;
        for (std::uint64_t batch = 0; batch < batches.count(); ++batch) {
            sum += batches.sum(batch);
        }
        return sum;
    }
};

/// A message is handed over by a function call, from one producer after the other: written once and
/// read once, in the same place.
class called_throughput {
public:
    explicit called_throughput(const suite::settings& run)
        : messages_(static_cast<std::uint64_t>(run.operations)),
          message_bytes_(run.number("message_bytes")) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        return suite::channel::with_message_of(
            message_bytes_,
            [&]<class Message>(std::type_identity<Message>) { return carry<Message>(stopwatch); });
    }

private:
    template <class Message>
    std::uint64_t carry(suite::meter& stopwatch) const {
        suite::channel::tally seen(1);
        stopwatch.start();
        for (std::uint64_t number = 1; number <= messages_; ++number) {
            const Message message(suite::channel::message::make(0, number));
            call([&] { seen.take(static_cast<std::uint64_t>(message)); });
        }
        stopwatch.stop();
        suite::require_equal(seen.count, messages_, "messages received");
        return seen.sum;
    }

    std::uint64_t messages_;
    std::int64_t message_bytes_;
};

class token_round_trips {
public:
    explicit token_round_trips(const suite::settings& run)
        : trips_(static_cast<std::uint64_t>(run.operations)), way_(choose(run.profile)) {}

    std::uint64_t repeat(suite::meter& stopwatch) {
        const std::uint64_t token = way_(trips_, stopwatch);
        suite::require_equal(token, 2 * trips_, "token after all hops");
        return token;
    }

private:
    static round_trips choose(const std::string& profile) {
        if (profile == "cache_line_round_trip") {
            return cache_line_round_trips;
        }
        return profile == "futex_round_trip" ? futex_round_trips : fcontext_round_trips;
    }

    std::uint64_t trips_;
    round_trips way_;
};

}  // namespace floors

namespace suite {

template <>
struct idiom<floors::floor_of, channel::throughput_workload> {
    using body = floors::called_throughput;
    static constexpr std::string_view source = "baselines/floors/channel_idioms.hpp";
};

template <>
struct idiom<floors::floor_of, channel::ring_workload> {
    using body = floors::switched_ring;
    static constexpr std::string_view source = "baselines/floors/channel_idioms.hpp";
};

template <>
struct idiom<floors::floor_of, channel::fine_grain_sum_workload> {
    using body = channel::fine_grain_sum_of<floors::called_sum>;
    static constexpr std::string_view source = "baselines/floors/channel_idioms.hpp";
};

template <>
struct idiom<floors::floor_of, channel::ping_pong_workload> {
    using body = floors::token_round_trips;
    static constexpr std::string_view source = "baselines/floors/channel_idioms.hpp";
};

}  // namespace suite
