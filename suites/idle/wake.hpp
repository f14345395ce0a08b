// idle/wake: events come from a thread outside to a pool that has been idle for a while.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "suites/idle/outsider.hpp"
#include "suites/kit/workload.hpp"

namespace suite::idle {

/// `Form::deliver(all, stopwatch)` has an outsider give the events and tasks take them, and times
/// it from the outsider's begin until the last was taken.
template <class Form>
class wake_of {
public:
    explicit wake_of(const settings& run)
        : count_(static_cast<std::uint64_t>(run.operations)), gap_(run.number("gap_us")) {}

    std::uint64_t repeat(meter& stopwatch) {
        events all(count_, gap_, patience);
        Form::deliver(all, stopwatch);
        return all.check(stopwatch);
    }

private:
    static constexpr std::chrono::seconds patience{10};

    std::uint64_t count_;
    std::chrono::microseconds gap_;
};

/// The shared form: each event is a task that the outsider starts.
template <class C>
requires has_tasks<C> && has_foreign_spawns<C>
struct spawned_events {
    static void deliver(events& all, meter& stopwatch) {
        typename C::wait_group ended;
        ended.add(1);
        outsider outside([] { C::spawn_from_thread([] {}); },
                         [&] {
                             all.give([&](std::uint64_t number) {
                                 C::spawn_from_thread([&all, number] { all.take(number); });
                             });
                             C::spawn_from_thread([&ended] { ended.done(); });
                         });
        stopwatch.start();
        outside.begin();
        ended.wait();
        stopwatch.stop();
        outside.join();
    }
};

/// For those who would rather keep a task waiting: each event is a value sent to it.
template <class C>
requires has_tasks<C> && has_channels<C>
struct sent_events {
    static void deliver(events& all, meter& stopwatch) {
        auto channel = C::template make_channel<std::uint64_t>(1);
        typename C::wait_group ended;
        ended.add(1);
        C::spawn([channel, &all, &ended]() mutable {
            channel.recv();  // the greeting
            while (const auto number = channel.recv()) {
                all.take(*number);
            }
            ended.done();
        });
        outsider outside([channel]() mutable { channel.send(0); },
                         [channel, &all]() mutable {
                             all.give([&](std::uint64_t number) { channel.send(number); });
                             channel.close();
                         });
        stopwatch.start();
        outside.begin();
        ended.wait();
        stopwatch.stop();
        outside.join();
    }
};

struct wake_workload {
    static constexpr std::array<std::string_view, 1> parameters{"gap_us"};
    static constexpr workload_info info{.id = "idle/wake",
                                        .version = 1,
                                        .source = "suites/idle/wake.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::foreign_spawns};
    template <class C>
    using body = wake_of<spawned_events<C>>;
};

}  // namespace suite::idle
