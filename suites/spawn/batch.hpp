// spawn/batch: start many empty tasks and wait for all of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"

namespace suite::spawn {

/// Writes `Bytes` of the calling task's stack.
template <std::size_t Bytes>
[[gnu::noinline]] void touch_stack() {
    std::array<std::byte, Bytes> frame;
    frame.fill(std::byte{1});
    asm volatile("" : : "r"(frame.data()) : "memory");
}

/// What a task of a batch does besides being one: it leaves a mark of its own, which shows that it
/// ran once and shares no counter with the others.
template <std::size_t Captured, std::size_t Touched>
struct marking_task {
    std::uint32_t* mark;
    std::array<std::uint32_t, Captured / sizeof(std::uint32_t)> captured;

    void operator()() const {
        if constexpr (Touched > 0) {
            touch_stack<Touched>();
        }
        *mark += captured.back();
    }
};

template <std::size_t Touched>
struct marking_task<0, Touched> {
    std::uint32_t* mark;

    void operator()() const {
        if constexpr (Touched > 0) {
            touch_stack<Touched>();
        }
        ++*mark;
    }
};

/// What all forms of the workload have in common: the parameters, the marks, the figures. `Form`
/// starts a batch: `template <class Task> void start_and_wait(std::vector<std::uint32_t>& marks,
/// make)` where `make(i)` gives the task with index i.
template <class Form>
class batch_of {
public:
    explicit batch_of(const settings& run)
        : marks_(static_cast<std::size_t>(run.number("tasks", 1))),
          operations_(run.operations),
          one_batch_(choose(run)) {
        meter stopwatch;
        stopwatch.start();
        (this->*one_batch_)();
        stopwatch.stop();
        cold_task_ns_ = stopwatch.elapsed_ns() / tasks();
        check(1);
    }

    std::uint64_t repeat(meter& stopwatch) {
        stopwatch.start();
        for (std::int64_t batch = 0; batch < operations_; ++batch) {
            (this->*one_batch_)();
        }
        stopwatch.stop();
        stopwatch.figure("task_ns",
                         stopwatch.elapsed_ns() / static_cast<double>(operations_) / tasks());
        stopwatch.figure("cold_task_ns", cold_task_ns_);
        check(operations_);
        return marks_.size() * static_cast<std::uint64_t>(operations_);
    }

private:
    using batch_function = void (batch_of::*)();

    template <std::size_t Captured, std::size_t Touched>
    void one_batch() {
        Form::start_and_wait(marks_.size(), [this](std::size_t index) {
            marking_task<Captured, Touched> task{};
            task.mark = &marks_[index];
            if constexpr (Captured > 0) {
                task.captured.fill(1);
            }
            return task;
        });
    }

    static batch_function choose(const settings& run) {
        const std::int64_t captured = run.number("captured_bytes");
        const std::int64_t touched = run.number("stack_touched_bytes");
        if ((captured != 0 && captured != 64) || (touched != 0 && touched != 1024)) {
            throw usage_error("captured_bytes is 0 or 64, stack_touched_bytes is 0 or 1024");
        }
        if (captured == 0) {
            return touched == 0 ? &batch_of::one_batch<0, 0> : &batch_of::one_batch<0, 1024>;
        }
        return touched == 0 ? &batch_of::one_batch<64, 0> : &batch_of::one_batch<64, 1024>;
    }

    double tasks() const { return static_cast<double>(marks_.size()); }

    void check(std::int64_t batches) {
        for (std::uint32_t& mark : marks_) {
            require_equal(std::uint64_t{mark}, static_cast<std::uint64_t>(batches),
                          "runs of one task of the batches");
            mark = 0;
        }
    }

    std::vector<std::uint32_t> marks_;
    std::int64_t operations_;
    batch_function one_batch_;
    double cold_task_ns_ = 0;
};

/// The shared form: tasks counted by a wait group.
template <has_tasks C>
struct counted_batch {
    template <class MakeTask>
    static void start_and_wait(std::size_t tasks, MakeTask make) {
        typename C::wait_group ended;
        ended.add(static_cast<std::int64_t>(tasks));
        for (std::size_t index = 0; index < tasks; ++index) {
            C::spawn([task = make(index), &ended] {
                task();
                ended.done();
            });
        }
        ended.wait();
    }
};

struct batch_workload {
    static constexpr std::array<std::string_view, 3> parameters{"tasks", "captured_bytes",
                                                                "stack_touched_bytes"};
    static constexpr workload_info info{.id = "spawn/batch",
                                        .version = 1,
                                        .source = "suites/spawn/batch.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks};
    template <class C>
    using body = batch_of<counted_batch<C>>;
};

}  // namespace suite::spawn
