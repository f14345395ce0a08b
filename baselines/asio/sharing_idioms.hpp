// Tasks that share memory: a coroutine for each, or tuned a function where none waits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "adapter.hpp"
#include "suites/sharing/false_sharing.hpp"
#include "suites/sharing/migration.hpp"
#include "suites/sharing/true_sharing.hpp"
#include "task_sets.hpp"

namespace contender {

/// A coroutine yields by going to the end of the pool's queue.
struct yielding_often : suite::sharing::yields_of_migration {
    static task<> count(std::uint64_t& counter, std::uint64_t times) {
        while (times > 0) {
            const std::uint64_t now = std::min(times, increments_between);
            suite::sharing::increment(counter, now);
            times -= now;
            co_await queued();
        }
    }
};

/// One coroutine has the number, and the others send it what to add.
template <class Channel>
struct added_up {
    static std::uint64_t count(const suite::sharing::counting& job, suite::meter& stopwatch) {
        constexpr std::size_t capacity = 128;
        Channel additions(capacity);
        std::uint64_t sum = 0;
        wait_group counted;
        counted.add(1);
        start(add_up(additions, sum, counted));
        counted_coroutines::run_together(
            job.tasks, stopwatch,
            [&](std::size_t each) { return send_often(additions, job.share(each)); },
            [&] { return end(additions, counted); });
        return sum;
    }

private:
    static task<> add_up(Channel additions, std::uint64_t& sum, wait_group& counted) {
        std::uint64_t own = 0;
        co_await take_all(additions, [&own](std::uint64_t addition) { own += addition; });
        sum = own;
        counted.done();
    }

    static task<> send_often(Channel additions, std::uint64_t times) {
        for (; times > 0; --times) {
            if (!additions.send_at_once(1)) {
                co_await additions.send(1);
            }
        }
    }

    static task<> end(Channel additions, wait_group& counted) {
        co_await additions.send_end();
        co_await counted.wait();
    }
};

template <class Tasks, class Channel>
struct ways_of_coroutines {
    static auto choose(const std::string& way) {
        if (way == "atomic") {
            return suite::sharing::count_by_atomic<Tasks>;
        }
        if (way == "channel") {
            return added_up<Channel>::count;
        }
        if (way == "merge") {
            return suite::sharing::count_by_merging<Tasks>;
        }
        throw suite::usage_error("way is atomic, channel or merge, not '" + way + "'");
    }
};

/// What is the same in all of them: where the form stands.
struct sharing_idiom {
    static constexpr std::string_view source = "baselines/asio/sharing_idioms.hpp";
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::asio_coroutines, sharing::false_sharing_workload>
    : contender::sharing_idiom {
    using body = sharing::false_sharing_of<contender::counted_coroutines>;
};

template <>
struct idiom<contender::asio_coroutines, sharing::migration_workload> : contender::sharing_idiom {
    using body = sharing::own_counters_of<contender::counted_coroutines, contender::yielding_often>;
};

template <>
struct idiom<contender::asio_coroutines, sharing::true_sharing_workload>
    : contender::sharing_idiom {
    using body = sharing::true_sharing_of<
        contender::ways_of_coroutines<contender::counted_coroutines, contender::channel>>;
};

}  // namespace suite
