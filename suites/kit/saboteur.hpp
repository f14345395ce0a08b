// A contender for tests: threads, honest but for one defect. What it spoils, a check must find.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "suites/kit/counting_wait_group.hpp"
#include "suites/kit/spoilt_locks.hpp"
#include "suites/kit/workload.hpp"

namespace suite::testing {

enum class defect {
    none,
    drops,             // the second value sent on a channel is lost
    duplicates,        // the first value sent on a channel arrives twice
    reorders,          // the second value sent on a channel overtakes the first
    corrupts,          // the third value received from a channel has a bit changed
    invents_at_close,  // receiving from a closed channel gives a value once
    misreports,        // a select names the channel after the one that it received from
    overlooks,         // a select that does not wait never finds anything
    gives_up,          // a select with a timeout does not wait for it
    wakes_early,       // a sleep ends at once
    excludes_nobody,   // a lock lets everybody in
    admits_readers     // a shared lock lets readers in beside a writer
};

/// Holds any number of values whatever its capacity, so that no defect can make a sender wait.
template <class T, defect Defect>
class spoilt_channel {
public:
    explicit spoilt_channel(std::size_t capacity) : state_(std::make_shared<state>()) {
        state_->capacity = capacity;
    }

    void send(T value) {
        const std::scoped_lock lock(state_->mutex);
        const int number = ++state_->sent;
        if (Defect == defect::drops && number == 2) {
            return;
        }
        auto& values = state_->values;
        if (Defect == defect::reorders && number == 1) {
            state_->held_back = value;
            return;
        }
        values.push_back(value);
        if (Defect == defect::reorders && number == 2) {
            values.push_back(state_->held_back);
        }
        if (Defect == defect::duplicates && number == 1) {
            values.push_back(value);
        }
        state_->changed.notify_all();
    }

    std::optional<T> recv() {
        std::unique_lock lock(state_->mutex);
        state_->changed.wait(lock, [&] { return state_->can_receive(); });
        return state_->take();
    }

    /// Empty when `recv` would wait.
    std::optional<std::optional<T>> try_recv() {
        const std::scoped_lock lock(state_->mutex);
        if (!state_->can_receive()) {
            return std::nullopt;
        }
        return std::optional<std::optional<T>>(std::in_place, state_->take());
    }

    void close() {
        const std::scoped_lock lock(state_->mutex);
        state_->closed = true;
        state_->changed.notify_all();
    }

    std::size_t capacity() const { return state_->capacity; }

private:
    struct state {
        bool can_receive() const { return closed || !values.empty(); }

        std::optional<T> take() {
            if (values.empty()) {
                if (Defect == defect::invents_at_close && !std::exchange(invented, true)) {
                    return T{};
                }
                return std::nullopt;
            }
            T value = values.front();
            values.pop_front();
            if (Defect == defect::corrupts && ++received == 3) {
                value ^= 1;
            }
            return value;
        }

        std::mutex mutex;  // guards everything
        std::condition_variable changed;
        std::deque<T> values;
        std::size_t capacity = 0;
        T held_back{};
        int sent = 0;
        int received = 0;
        bool closed = false;
        bool invented = false;
    };
    std::shared_ptr<state> state_;
};

template <defect Defect = defect::none>
class saboteur {
public:
    using wait_group = counting_wait_group<std::mutex, std::condition_variable>;
    using mutex = spoilt_mutex<Defect != defect::excludes_nobody>;
    using shared_mutex =
        spoilt_shared_mutex<Defect != defect::admits_readers, Defect != defect::excludes_nobody>;

    static description describe() { return {"saboteur", "1", {{"default", true, "for tests"}}}; }
    static terms terms_of(const workload_info&, std::string_view) {
        return {.limits = {{.parameter = "workers", .max = 8, .reason = "enough for a test"}}};
    }
    static std::string_view lacks(capability what) {
        return what == capability::contexts ? "" : "left out for the test";
    }

    template <class Task>
    static void spawn(Task task) {
        const std::scoped_lock lock(mutex_);
        threads_.emplace_back(std::move(task));
    }

    template <class Task>
    static void spawn_from_thread(Task task) {
        spawn(std::move(task));
    }

    template <class T>
    static spoilt_channel<T, Defect> make_channel(std::size_t capacity) {
        return spoilt_channel<T, Defect>(capacity);
    }

    template <class T, std::size_t N>
    using channels = std::array<spoilt_channel<T, Defect>, N>;

    template <class T, std::size_t N>
    static received<T> recv_any(channels<T, N>& from) {
        for (;;) {
            if (received<T> got = look(from); got.first < N) {
                return got;
            }
            std::this_thread::yield();
        }
    }

    template <class T, std::size_t N>
    static received<T> try_recv_any(channels<T, N>& from) {
        return Defect == defect::overlooks ? received<T>{N, std::nullopt} : look(from);
    }

    template <class T, std::size_t N>
    static received<T> recv_any_for(channels<T, N>& from, std::chrono::nanoseconds patience) {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (Defect != defect::gives_up && std::chrono::steady_clock::now() < end) {
            if (received<T> got = look(from); got.first < N) {
                return got;
            }
            std::this_thread::yield();
        }
        return {N, std::nullopt};
    }

    static void yield() { std::this_thread::yield(); }
    static void sleep_for(std::chrono::nanoseconds time) {
        if (Defect != defect::wakes_early) {
            std::this_thread::sleep_for(time);
        }
    }

    template <class Root>
    static void run(const settings&, Root root) {
        root();
        join_all();
    }

    static std::map<std::string, std::string> effective(const settings& run) {
        return {{"workers", std::to_string(run.workers)}};
    }

    static void join_all() {
        for (;;) {
            std::vector<std::thread> threads;
            {
                const std::scoped_lock lock(mutex_);
                threads.swap(threads_);
            }
            if (threads.empty()) {
                return;
            }
            for (std::thread& thread : threads) {
                thread.join();
            }
        }
    }

private:
    /// A closed channel counts only once another look has found no value that came before
    /// the close.
    template <class T, std::size_t N>
    static received<T> look(channels<T, N>& from) {
        received<T> got{N, std::nullopt};
        for (int time = 0; time < 2; ++time) {
            for (std::size_t index = 0; index < N; ++index) {
                const auto taken = from[index].try_recv();
                if (taken && *taken) {
                    return {Defect == defect::misreports ? (index + 1) % N : index, *taken};
                }
                if (taken) {
                    got.first = index;
                }
            }
        }
        return got;
    }

    static inline std::mutex mutex_;
    static inline std::vector<std::thread> threads_;  // guarded by mutex_
};

/// One repetition of a body, in a pool of its own; returns the checksum, throws what the
/// body does.
template <class C, class Body>
std::uint64_t repeat_once(const settings& run) {
    Body body(run);
    meter stopwatch;
    struct joiner {
        ~joiner() { C::join_all(); }
    } const at_end;
    return body.repeat(stopwatch);
}

template <defect Defect, class W>
std::uint64_t repeat_once(const settings& run) {
    using contender = saboteur<Defect>;
    return repeat_once<contender, typename W::template body<contender>>(run);
}

}  // namespace suite::testing
