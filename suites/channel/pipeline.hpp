// channel/pipeline: numbers are generated, squared stage after stage, and summed up.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"

namespace suite::channel {

/// What a stage makes of a number. The modulus is a prime, so that numbers stay apart however
/// often they are squared.
inline std::uint64_t squared(std::uint64_t number) {
    constexpr std::uint64_t modulus = (std::uint64_t{1} << 31) - 1;
    return number * number % modulus;
}

/// The last stage. A number's weight is its place, so that a lost, doubled or late one shows.
struct weighted_sum {
    void take(std::uint64_t number) { sum += ++count * number; }

    std::uint64_t sum = 0;
    std::uint64_t count = 0;
};

/// The stages in between square; the first gives the numbers from 2 on.
struct pipeline_shape {
    std::size_t stages;
    std::size_t capacity;
    std::uint64_t numbers;

    weighted_sum calculated() const {
        weighted_sum all;
        for (std::uint64_t number = 0; number < numbers; ++number) {
            std::uint64_t value = number + 2;
            for (std::size_t stage = 2; stage < stages; ++stage) {
                value = squared(value);
            }
            all.take(value);
        }
        return all;
    }
};

/// `Form::flow(shape, stopwatch)` lets the numbers through, times that and returns the sum.
template <class Form>
class pipeline_of {
public:
    explicit pipeline_of(const settings& run)
        : shape_{.stages = static_cast<std::size_t>(run.number("stages", 2)),
                 .capacity = static_cast<std::size_t>(run.number("capacity")),
                 .numbers = static_cast<std::uint64_t>(run.operations)},
          wanted_(shape_.calculated()) {}

    std::uint64_t repeat(meter& stopwatch) {
        const weighted_sum got = Form::flow(shape_, stopwatch);
        const auto hops = static_cast<double>(shape_.numbers * (shape_.stages - 1));
        stopwatch.figure("hop_ns", stopwatch.elapsed_ns() / hops);
        require_equal(got.count, wanted_.count, "numbers that came out");
        require_equal(got.sum, wanted_.sum, "weighted sum of the numbers that came out");
        return got.sum;
    }

private:
    pipeline_shape shape_;
    weighted_sum wanted_;
};

template <class C>
requires has_tasks<C> && has_channels<C>
struct task_per_stage {
    static weighted_sum flow(const pipeline_shape& shape, meter& stopwatch) {
        using channel = decltype(C::template make_channel<std::uint64_t>(0));
        std::vector<channel> links;
        for (std::size_t stage = 1; stage < shape.stages; ++stage) {
            links.push_back(C::template make_channel<std::uint64_t>(shape.capacity));
        }
        stopwatch.effective("capacity", std::to_string(links.front().capacity()));
        weighted_sum all;
        stopwatch.start();
        C::spawn([out = links.front(), numbers = shape.numbers]() mutable {
            for (std::uint64_t number = 0; number < numbers; ++number) {
                out.send(number + 2);
            }
            out.close();
        });
        for (std::size_t stage = 1; stage < links.size(); ++stage) {
            C::spawn([in = links[stage - 1], out = links[stage]]() mutable {
                while (const auto number = in.recv()) {
                    out.send(squared(*number));
                }
                out.close();
            });
        }
        while (const auto number = links.back().recv()) {
            all.take(*number);
        }
        stopwatch.stop();
        return all;
    }
};

struct pipeline_workload {
    static constexpr std::array<std::string_view, 2> parameters{"stages", "capacity"};
    static constexpr workload_info info{.id = "channel/pipeline",
                                        .version = 1,
                                        .source = "suites/channel/pipeline.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = pipeline_of<task_per_stage<C>>;
};

}  // namespace suite::channel
