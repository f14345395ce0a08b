// spawn/foreign: threads that are not the pool's hand tasks to it, one at a time.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/latencies.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/spin.hpp"
#include "suites/kit/workload.hpp"

namespace suite::spawn {

/// What one thread hands over and what became of it. Its tasks run one after the other, so they
/// need no lock among themselves.
class alignas(128) handed_over {
public:
    explicit handed_over(std::uint64_t tasks) : tasks_(tasks), delays_(tasks) {}

    std::uint64_t tasks() const { return tasks_; }
    const latencies& delays() const { return delays_; }

    /// In a task: the first thing that it does.
    void arrived(std::uint64_t number, std::chrono::steady_clock::time_point handed_over_at) {
        const auto delay = std::chrono::steady_clock::now() - handed_over_at;
        delays_.add(std::chrono::nanoseconds(delay).count());
        disordered_ += number == done_.load(std::memory_order_relaxed) + 1 ? 0 : 1;
        // Synchronizes with await.
        done_.store(static_cast<std::uint32_t>(number), std::memory_order_release);
        done_.notify_one();
    }

    /// In the thread: until that task has run.
    void await(std::uint64_t number) const {
        for (std::uint32_t seen; (seen = done_.load(std::memory_order_acquire)) < number;) {
            done_.wait(seen, std::memory_order_acquire);
        }
    }

    void check() const {
        require_equal(disordered_, std::uint64_t{0}, "tasks of a thread out of order");
        require_equal(std::uint64_t{delays_.count()}, tasks_, "tasks of a thread that ran");
    }

private:
    std::uint64_t tasks_;
    latencies delays_;
    std::uint64_t disordered_ = 0;
    std::atomic<std::uint32_t> done_{0};
};

/// `Form` is the pool as the threads see it: `begin(threads)`, `hand_over(task)` from a thread,
/// `thread_ended()` in each thread's last task, `wait()` for all of those in the root;
/// `keep_busy(tasks, work)` and `let_idle()`, which returns once nothing keeps the pool busy.
template <class Form>
class foreign_of {
public:
    explicit foreign_of(const settings& run)
        : operations_(static_cast<std::uint64_t>(run.operations)),
          threads_(static_cast<std::size_t>(run.number("threads", 1))),
          workers_(run.workers),
          busy_(run.text("pool") == "busy"),
          gap_(run.number("gap_us")),
          work_(10'000) {
        if (!busy_ && run.text("pool") != "idle") {
            throw usage_error("pool is idle or busy, not " + run.text("pool"));
        }
        if (operations_ < threads_) {
            throw usage_error("the operations of spawn/foreign are at least its threads");
        }
    }

    std::uint64_t repeat(meter& stopwatch) {
        std::deque<handed_over> loads;
        std::vector<std::thread> outside;
        std::latch ready(static_cast<std::ptrdiff_t>(threads_));
        std::latch go(1);
        std::latch over(1);
        form_.begin(threads_);
        for (std::size_t thread = 0; thread < threads_; ++thread) {
            handed_over& load = loads.emplace_back(share_of(operations_, threads_, thread));
            outside.emplace_back([this, &load, &ready, &go, &over] {
                // A pool may learn of a thread by the first task that it hands over.
                form_.hand_over([] {});
                ready.count_down();
                go.wait();
                hand_over_all(load);
                over.wait();  // a pool may have tied what it was given to who gave it
            });
        }
        ready.wait();
        if (busy_) {
            form_.keep_busy(2 * workers_, work_);
        }
        stopwatch.start();
        go.count_down();
        form_.wait();
        stopwatch.stop();
        over.count_down();
        form_.let_idle();
        for (std::thread& thread : outside) {
            thread.join();
        }
        return check(loads, stopwatch);
    }

private:
    void hand_over_all(handed_over& load) {
        for (std::uint64_t number = 1; number <= load.tasks(); ++number) {
            if (gap_.count() > 0) {
                std::this_thread::sleep_for(gap_);
            }
            const auto now = std::chrono::steady_clock::now();
            form_.hand_over([this, &load, number, now] {
                const bool last = number == load.tasks();
                load.arrived(number, now);
                if (last) {
                    form_.thread_ended();
                }
            });
            load.await(number);
        }
    }

    std::uint64_t check(const std::deque<handed_over>& loads, meter& stopwatch) const {
        latencies delays(0);
        for (const handed_over& load : loads) {
            load.check();
            delays.merge(load.delays());
        }
        delays.report(stopwatch);
        return operations_;
    }

    std::uint64_t operations_;
    std::size_t threads_;
    int workers_;
    bool busy_;
    std::chrono::microseconds gap_;
    spin work_;
    Form form_;
};

template <class C>
requires has_tasks<C> && has_yields<C> && has_foreign_spawns<C>
class open_pool {
public:
    void begin(std::size_t threads) { threads_ended_.add(static_cast<std::int64_t>(threads)); }
    template <class Task>
    void hand_over(Task task) {
        C::spawn_from_thread(task);
    }
    void thread_ended() { threads_ended_.done(); }
    void wait() { threads_ended_.wait(); }

    void keep_busy(int tasks, const spin& work) {
        stop_.store(false, std::memory_order_relaxed);
        busy_.add(tasks);
        for (int task = 0; task < tasks; ++task) {
            C::spawn([this, &work] {
                std::uint64_t value = 0;
                while (!stop_.load(std::memory_order_relaxed)) {
                    value = work(value);
                    C::yield();
                }
                busy_.done();
            });
        }
    }
    void let_idle() {
        stop_.store(true, std::memory_order_relaxed);
        busy_.wait();
    }

private:
    typename C::wait_group threads_ended_;
    typename C::wait_group busy_;
    std::atomic<bool> stop_{false};
};

struct foreign_workload {
    static constexpr std::array<std::string_view, 3> parameters{"threads", "pool", "gap_us"};
    static constexpr workload_info info{.id = "spawn/foreign",
                                        .version = 1,
                                        .source = "suites/spawn/foreign.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::yields,
                                      capability::foreign_spawns};
    template <class C>
    using body = foreign_of<open_pool<C>>;
};

}  // namespace suite::spawn
