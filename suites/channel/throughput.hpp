// channel/throughput: producers send numbered messages through one channel to consumers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/workload.hpp"

namespace suite::channel {

/// A message is its producer and its number there, so that eight bytes can be checked for loss,
/// duplication and order. Numbers start at 1.
struct message {
    static constexpr int number_bits = 48;

    static std::uint64_t make(std::size_t producer, std::uint64_t number) {
        return (static_cast<std::uint64_t>(producer) << number_bits) | number;
    }
    static std::size_t producer(std::uint64_t value) { return value >> number_bits; }
    static std::uint64_t number(std::uint64_t value) {
        return value & ((std::uint64_t{1} << number_bits) - 1);
    }
};

/// What one consumer saw. `last` has the last number from each producer.
struct tally {
    explicit tally(std::size_t producers) : last(producers) {}

    void take(std::uint64_t value) {
        const std::size_t producer = message::producer(value);
        const std::uint64_t number = message::number(value);
        if (producer >= last.size() || number <= last[producer]) {
            ++disordered;
            return;
        }
        last[producer] = number;
        sum += number;
        ++count;
    }

    std::vector<std::uint64_t> last;
    std::uint64_t sum = 0;
    std::uint64_t count = 0;
    std::uint64_t disordered = 0;
};

template <class C>
requires has_tasks<C> && has_channels<C>
class throughput {
public:
    explicit throughput(const settings& run)
        : messages_(static_cast<std::uint64_t>(run.operations)),
          producers_(static_cast<std::size_t>(run.number("producers", 1))),
          consumers_(static_cast<std::size_t>(run.number("consumers", 1))),
          capacity_(static_cast<std::size_t>(run.number("capacity"))) {}

    std::uint64_t repeat(meter& stopwatch) {
        auto channel = C::template make_channel<std::uint64_t>(capacity_);
        stopwatch.effective("capacity", std::to_string(channel.capacity()));
        std::vector<tally> seen(consumers_, tally(producers_));
        typename C::wait_group sent;
        typename C::wait_group received;
        sent.add(static_cast<std::int64_t>(producers_));
        received.add(static_cast<std::int64_t>(consumers_));
        stopwatch.start();
        for (tally& result : seen) {
            C::spawn([channel, &result, &received]() mutable {
                // On the task's own stack: neighbouring results would share cache lines.
                tally own = result;
                while (const auto value = channel.recv()) {
                    own.take(*value);
                }
                result = std::move(own);
                received.done();
            });
        }
        for (std::size_t producer = 0; producer < producers_; ++producer) {
            C::spawn([channel, producer, count = share(producer), &sent]() mutable {
                for (std::uint64_t number = 1; number <= count; ++number) {
                    channel.send(message::make(producer, number));
                }
                sent.done();
            });
        }
        sent.wait();
        channel.close();
        received.wait();
        stopwatch.stop();
        return check(seen);
    }

private:
    std::uint64_t share(std::size_t producer) const {
        return share_of(messages_, producers_, producer);
    }

    std::uint64_t check(const std::vector<tally>& seen) const {
        tally total(producers_);
        for (const tally& each : seen) {
            total.sum += each.sum;
            total.count += each.count;
            total.disordered += each.disordered;
        }
        std::uint64_t sum = 0;
        for (std::size_t producer = 0; producer < producers_; ++producer) {
            sum += share(producer) * (share(producer) + 1) / 2;
        }
        require_equal(total.disordered, std::uint64_t{0}, "messages out of order");
        require_equal(total.count, messages_, "messages received");
        require_equal(total.sum, sum, "sum of the messages' numbers");
        return sum;
    }

    std::uint64_t messages_;
    std::size_t producers_;
    std::size_t consumers_;
    std::size_t capacity_;
};

struct throughput_workload {
    static constexpr std::array<std::string_view, 3> parameters{"producers", "consumers",
                                                                "capacity"};
    static constexpr workload_info info{.id = "channel/throughput",
                                        .version = 1,
                                        .source = "suites/channel/throughput.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = throughput<C>;
};

}  // namespace suite::channel
