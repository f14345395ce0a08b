// pool/fib: Fibonacci numbers by the recursion that defines them, one call of each two as a task.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "suites/kit/check.hpp"
#include "suites/kit/counted_tasks.hpp"
#include "suites/kit/workload.hpp"

namespace suite::pool {

/// The number by adding up, to check with.
inline std::uint64_t fibonacci(std::int64_t index) {
    std::uint64_t number = 0;
    std::uint64_t next = 1;
    for (; index > 0; --index) {
        next += number;
        number = next - number;
    }
    return number;
}

/// `Form::number(index)` gives a number by the recursion.
template <class Form>
class fib_by {
public:
    explicit fib_by(const settings& run)
        : operations_(run.operations), index_(run.number("index", 2)) {
        if (index_ > index_max) {
            throw usage_error("index is at most " + std::to_string(index_max));
        }
    }

    std::uint64_t repeat(meter& stopwatch) {
        std::uint64_t sum = 0;
        stopwatch.start();
        for (std::int64_t time = 0; time < operations_; ++time) {
            sum += Form::number(index_);
        }
        stopwatch.stop();
        const auto times = static_cast<std::uint64_t>(operations_);
        require_equal(sum, fibonacci(index_) * times, "sum of the Fibonacci numbers");
        const std::uint64_t calls = (2 * fibonacci(index_ + 1) - 1) * times;
        stopwatch.figure("call_ns", stopwatch.elapsed_ns() / static_cast<double>(calls));
        return sum;
    }

private:
    static constexpr std::int64_t index_max = 40;

    std::int64_t operations_;
    std::int64_t index_;
};

template <class Tasks>
struct forked_fib {
    static std::uint64_t number(std::int64_t index) {
        if (index < 2) {
            return static_cast<std::uint64_t>(index);
        }
        std::array<std::uint64_t, 2> parts{};
        Tasks::fork_join(parts.size(), [&parts, index](std::size_t part) {
            parts[part] += number(index - 1 - static_cast<std::int64_t>(part));
        });
        return parts[0] + parts[1];
    }
};

template <class Tasks>
using fib_of = fib_by<forked_fib<Tasks>>;

struct fib_workload {
    static constexpr std::array<std::string_view, 1> parameters{"index"};
    static constexpr workload_info info{
        .id = "pool/fib", .version = 1, .source = "suites/pool/fib.hpp", .parameters = parameters};
    static constexpr std::array needs{capability::tasks};
    template <class C>
    using body = fib_of<counted_tasks<C>>;
};

}  // namespace suite::pool
