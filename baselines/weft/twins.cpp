// Some cells again, by Google Benchmark and straight on the library: nothing of the kit.
//
// The benchmark's goroutine takes part itself, as is usual in benchmarks; the suites' root waits.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <weft/weft.hpp>

namespace {

constexpr int tasks_of_batch = 100'000;
constexpr std::size_t stack_bytes = 64 << 10;

int procs = 0;  // set by main, before anything is measured

template <class Body>
void on_weft(Body body) {
    weft::run(std::move(body), {.procs = procs, .stack_size = stack_bytes});
}

void batch(benchmark::State& state) {
    on_weft([&] {
        for ([[maybe_unused]] auto _ : state) {
            weft::wait_group ended;
            ended.add(tasks_of_batch);
            for (int task = 0; task < tasks_of_batch; ++task) {
                weft::go([&ended] { ended.done(); });
            }
            ended.wait();
        }
    });
}

void ping_pong(benchmark::State& state) {
    on_weft([&] {
        const auto there = weft::make_chan<std::int64_t>();
        const auto back = weft::make_chan<std::int64_t>();
        weft::go([there, back] {
            for (const std::int64_t token : there) {
                back.send(token + 1);
            }
        });
        std::int64_t token = 0;
        for ([[maybe_unused]] auto _ : state) {
            there.send(token);
            token = *back.recv() + 1;
        }
        there.close();
        if (token != 2 * state.max_iterations) {
            state.SkipWithError("the token is wrong");
        }
    });
}

void throughput(benchmark::State& state) {
    on_weft([&] {
        const auto numbers = weft::make_chan<std::int64_t>(128);
        weft::go([numbers, count = state.max_iterations] {
            for (std::int64_t number = 1; number <= count; ++number) {
                numbers.send(number);
            }
        });
        std::int64_t sum = 0;
        for ([[maybe_unused]] auto _ : state) {
            sum += *numbers.recv();
        }
        if (sum != state.max_iterations * (state.max_iterations + 1) / 2) {
            state.SkipWithError("the sum is wrong");
        }
    });
}

BENCHMARK(batch)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(ping_pong)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(throughput)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace

/// `weft PROCS` and Google Benchmark's own options.
int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    procs = argc == 2 ? std::atoi(argv[1]) : 0;
    if (procs < 1) {
        return 2;
    }
    benchmark::RunSpecifiedBenchmarks();
}
