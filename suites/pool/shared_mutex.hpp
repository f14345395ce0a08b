// pool/shared_mutex: many tasks take one shared mutex for a short while, most of them to read.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/counted_tasks.hpp"
#include "suites/kit/mix.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/workload.hpp"
#include "suites/pool/jobs.hpp"

namespace suite::pool {

/// Two equal counts. A writer moves them on where its section begins and where it ends, so that a
/// reader beside it sees them differ, and a writer beside it loses a write. Atomic for those alone.
class guarded_pair {
public:
    void write(const spin& work) {
        const std::uint64_t seen = second_.load(std::memory_order_relaxed);
        first_.store(seen + 1, std::memory_order_relaxed);
        do_work(work, seen);
        second_.store(seen + 1, std::memory_order_relaxed);
    }

    /// Whether the counts are equal.
    bool read(const spin& work) const {
        const std::uint64_t seen = first_.load(std::memory_order_relaxed);
        do_work(work, seen);
        return second_.load(std::memory_order_relaxed) == seen;
    }

    std::uint64_t writes() const { return second_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> first_{0};
    std::atomic<std::uint64_t> second_{0};
};

/// Which of its sections a task enters to read: the share of them, in no regular order, and the
/// same in every contender.
class reading_share {
public:
    explicit reading_share(const settings& run) : percent_(share(run)) {}

    bool reads(std::size_t task, std::uint64_t section) const {
        return mix(mix(task) + section) % 100 < percent_;
    }

private:
    static std::uint64_t share(const settings& run) {
        const std::int64_t percent = run.number("read_percent");
        if (percent > 100) {
            throw usage_error("read_percent is at most 100");
        }
        return static_cast<std::uint64_t>(percent);
    }

    std::uint64_t percent_;
};

template <class Tasks, class SharedMutex>
class shared_mutex_of {
public:
    explicit shared_mutex_of(const settings& run)
        : tasks_(static_cast<std::size_t>(run.number("tasks", 1))),
          sections_(static_cast<std::uint64_t>(run.operations)),
          share_(run),
          work_(static_cast<double>(run.number("section_ns"))) {}

    std::uint64_t repeat(meter& stopwatch) {
        SharedMutex mutex;
        guarded_pair pair;
        std::vector<seen> found(tasks_);
        const auto enter_often = [&](std::size_t task) {
            seen own;
            const std::uint64_t sections = share_of(sections_, tasks_, task);
            for (std::uint64_t section = 0; section < sections; ++section) {
                if (share_.reads(task, section)) {
                    mutex.lock_shared();
                    own.torn += pair.read(work_) ? 0 : 1;
                    mutex.unlock_shared();
                } else {
                    mutex.lock();
                    pair.write(work_);
                    mutex.unlock();
                    ++own.writes;
                }
            }
            found[task].add(own);
        };
        Tasks::run_together(tasks_, stopwatch, enter_often, [] {});
        return check(found, pair.writes());
    }

private:
    /// What a task saw, and how often it wrote.
    struct seen {
        std::uint64_t torn = 0;
        std::uint64_t writes = 0;

        void add(const seen& other) {
            torn += other.torn;
            writes += other.writes;
        }
    };

    std::uint64_t check(const std::vector<seen>& found, std::uint64_t counted) const {
        seen total;
        for (const seen& each : found) {
            total.add(each);
        }
        std::uint64_t writes = 0;
        for (std::size_t task = 0; task < tasks_; ++task) {
            for (auto left = share_of(sections_, tasks_, task); left > 0; --left) {
                writes += share_.reads(task, left - 1) ? 0 : 1;
            }
        }
        require_equal(total.torn, std::uint64_t{0}, "reads beside a writer");
        require_equal(total.writes, writes, "writes that the tasks made");
        require_equal(counted, writes, "writes counted under the mutex");
        return writes;
    }

    std::size_t tasks_;
    std::uint64_t sections_;
    reading_share share_;
    spin work_;
};

struct shared_mutex_workload {
    static constexpr std::array<std::string_view, 3> parameters{"tasks", "read_percent",
                                                                "section_ns"};
    static constexpr workload_info info{.id = "pool/shared_mutex",
                                        .version = 1,
                                        .source = "suites/pool/shared_mutex.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::shared_mutexes};
    template <class C>
    using body = shared_mutex_of<counted_tasks<C>, typename C::shared_mutex>;
};

}  // namespace suite::pool
