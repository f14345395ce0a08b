// Under waking an idle pool: one thread that sleeps in the kernel until its event comes.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <thread>

#include "adapter.hpp"
#include "futex.hpp"
#include "suites/idle/wake.hpp"

namespace floors {

struct futex_events {
    static void deliver(suite::idle::events& all, suite::meter& stopwatch) {
        constexpr std::uint32_t ended = std::numeric_limits<std::uint32_t>::max();
        std::atomic<std::uint32_t> given{0};
        const auto give = [&given](std::uint32_t number) {
            given.store(number, std::memory_order_release);
            futex_wake(given);
        };
        std::thread sleeper([&] {
            for (std::uint32_t seen = 0;;) {
                const std::uint32_t number = given.load(std::memory_order_acquire);
                if (number == seen) {
                    futex_wait(given, seen);
                    continue;
                }
                if (number == ended) {
                    return;
                }
                all.take(number);
                seen = number;
            }
        });
        suite::idle::outsider outside(
            [] {},
            [&] {
                all.give([&](std::uint64_t number) { give(static_cast<std::uint32_t>(number)); });
                give(ended);
            });
        stopwatch.start();
        outside.begin();
        sleeper.join();
        stopwatch.stop();
        outside.join();
    }
};

}  // namespace floors

namespace suite {

template <>
struct idiom<floors::floor_of, idle::wake_workload> {
    using body = idle::wake_of<floors::futex_events>;
    static constexpr std::string_view source = "baselines/floors/idle_idioms.hpp";
};

}  // namespace suite
