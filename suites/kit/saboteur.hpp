// A contender for tests: threads, honest but for one defect. What it spoils, a check must find.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "suites/kit/counting_wait_group.hpp"
#include "suites/kit/workload.hpp"

namespace suite::testing {

enum class defect {
    none,
    drops,            // the second value sent on a channel is lost
    duplicates,       // the first value sent on a channel arrives twice
    reorders,         // the second value sent on a channel overtakes the first
    corrupts,         // the third value received from a channel has a bit changed
    invents_at_close  // receiving from a closed channel gives a value once
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
        state_->changed.wait(lock, [&] { return state_->closed || !state_->values.empty(); });
        if (state_->values.empty()) {
            if (Defect == defect::invents_at_close && !std::exchange(state_->invented, true)) {
                return T{};
            }
            return std::nullopt;
        }
        T value = state_->values.front();
        state_->values.pop_front();
        if (Defect == defect::corrupts && ++state_->received == 3) {
            value ^= 1;
        }
        return value;
    }

    void close() {
        const std::scoped_lock lock(state_->mutex);
        state_->closed = true;
        state_->changed.notify_all();
    }

    std::size_t capacity() const { return state_->capacity; }

private:
    struct state {
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

    static description describe() { return {"saboteur", "1", {{"default", true, "for tests"}}}; }
    static terms terms_of(const workload_info&, std::string_view) {
        return {.limits = {{.parameter = "workers", .max = 8, .reason = "enough for a test"}}};
    }
    static std::string_view lacks(capability) { return "left out for the test"; }

    template <class Task>
    static void spawn(Task task) {
        const std::scoped_lock lock(mutex_);
        threads_.emplace_back(std::move(task));
    }

    template <class T>
    static spoilt_channel<T, Defect> make_channel(std::size_t capacity) {
        return spoilt_channel<T, Defect>(capacity);
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
    static inline std::mutex mutex_;
    static inline std::vector<std::thread> threads_;  // guarded by mutex_
};

/// One repetition of a body, in a pool of its own; returns the checksum, throws what the body does.
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
