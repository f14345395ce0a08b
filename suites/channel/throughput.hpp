// channel/throughput: producers send numbered messages through one channel to consumers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/spin.hpp"
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

/// A message of more than eight bytes says the same in each of its words.
template <std::size_t Bytes>
struct letter {
    letter() = default;
    explicit letter(std::uint64_t value) { words.fill(value); }

    /// What no producer sends when its two ends do not agree.
    explicit operator std::uint64_t() const {
        return words.front() == words.back() ? words.front() : message::make(0, 0);
    }

    letter& operator^=(std::uint64_t bits) {
        words.back() ^= bits;
        return *this;
    }

    std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)> words{};
};

/// Calls `function` with the `std::type_identity` of the message that has so many bytes, and gives
/// back what it returns. Throws usage_error for a size that no message has.
template <class Function>
auto with_message_of(std::int64_t bytes, const Function& function) {
    switch (bytes) {
        case 8:
            return function(std::type_identity<std::uint64_t>());
        case 64:
            return function(std::type_identity<letter<64>>());
        case 256:
            return function(std::type_identity<letter<256>>());
        default:
            throw usage_error("message_bytes is 8, 64 or 256");
    }
}

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
          capacity_(static_cast<std::size_t>(run.number("capacity"))),
          repeat_(choose(run.number("message_bytes"))) {
        if (const std::int64_t work_ns = run.number("work_ns"); work_ns > 0) {
            work_.emplace(static_cast<double>(work_ns));
        }
    }

    std::uint64_t repeat(meter& stopwatch) { return (this->*repeat_)(stopwatch); }

private:
    using repeat_function = std::uint64_t (throughput::*)(meter&);

    static repeat_function choose(std::int64_t message_bytes) {
        const auto repeat_of = []<class Message>(std::type_identity<Message>) -> repeat_function {
            return &throughput::repeat_with<Message>;
        };
        return with_message_of(message_bytes, repeat_of);
    }

    template <class Message>
    std::uint64_t repeat_with(meter& stopwatch) {
        auto channel = C::template make_channel<Message>(capacity_);
        stopwatch.effective("capacity", std::to_string(channel.capacity()));
        std::vector<tally> seen(consumers_, tally(producers_));
        typename C::wait_group sent;
        typename C::wait_group received;
        sent.add(static_cast<std::int64_t>(producers_));
        received.add(static_cast<std::int64_t>(consumers_));
        stopwatch.start();
        for (tally& result : seen) {
            C::spawn([this, channel, &result, &received]() mutable {
                // On the task's own stack: neighbouring results would share cache lines.
                tally own = result;
                while (const auto value = channel.recv()) {
                    own.take(static_cast<std::uint64_t>(*value));
                    work(own.count);
                }
                result = std::move(own);
                received.done();
            });
        }
        for (std::size_t producer = 0; producer < producers_; ++producer) {
            C::spawn([this, channel, producer, count = share(producer), &sent]() mutable {
                for (std::uint64_t number = 1; number <= count; ++number) {
                    work(number);
                    channel.send(Message(message::make(producer, number)));
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

    void work(std::uint64_t seed) const {
        if (work_) {
            (*work_)(seed);
        }
    }

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
    repeat_function repeat_;
    std::optional<spin> work_;  // between two operations of a task
};

struct throughput_workload {
    static constexpr std::array<std::string_view, 5> parameters{
        "producers", "consumers", "capacity", "message_bytes", "work_ns"};
    static constexpr workload_info info{.id = "channel/throughput",
                                        .version = 1,
                                        .source = "suites/channel/throughput.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = throughput<C>;
};

}  // namespace suite::channel
