// Some cells again, by Google Benchmark and with the textbook's bounded queue: nothing of the kit,
// and not the contender's channel.
#include <benchmark/benchmark.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace {

constexpr int tasks_of_batch = 1000;

template <std::size_t Slots>
class bounded_queue {
public:
    void push(std::int64_t value) {
        {
            std::unique_lock lock(mutex_);
            not_full_.wait(lock, [this] { return pushed_ - popped_ < Slots; });
            ring_[pushed_++ % Slots] = value;
        }
        not_empty_.notify_one();
    }

    std::int64_t pop() {
        std::int64_t value = 0;
        {
            std::unique_lock lock(mutex_);
            not_empty_.wait(lock, [this] { return pushed_ != popped_; });
            value = ring_[popped_++ % Slots];
        }
        not_full_.notify_one();
        return value;
    }

private:
    std::mutex mutex_;  // guards everything but the conditions
    std::condition_variable not_full_;
    std::condition_variable not_empty_;
    std::array<std::int64_t, Slots> ring_{};
    std::size_t pushed_ = 0;
    std::size_t popped_ = 0;
};

void batch(benchmark::State& state) {
    std::vector<std::thread> threads;
    threads.reserve(tasks_of_batch);
    for ([[maybe_unused]] auto _ : state) {
        for (int task = 0; task < tasks_of_batch; ++task) {
            threads.emplace_back([] {});
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        threads.clear();
    }
}

void ping_pong(benchmark::State& state) {
    bounded_queue<1> there;
    bounded_queue<1> back;
    std::thread pong([&, trips = state.max_iterations] {
        for (std::int64_t trip = 0; trip < trips; ++trip) {
            back.push(there.pop() + 1);
        }
    });
    std::int64_t token = 0;
    for ([[maybe_unused]] auto _ : state) {
        there.push(token);
        token = back.pop() + 1;
    }
    pong.join();
    if (token != 2 * state.max_iterations) {
        state.SkipWithError("the token is wrong");
    }
}

void throughput(benchmark::State& state) {
    bounded_queue<128> numbers;
    std::thread producer([&, count = state.max_iterations] {
        for (std::int64_t number = 1; number <= count; ++number) {
            numbers.push(number);
        }
    });
    std::int64_t sum = 0;
    for ([[maybe_unused]] auto _ : state) {
        sum += numbers.pop();
    }
    producer.join();
    if (sum != state.max_iterations * (state.max_iterations + 1) / 2) {
        state.SkipWithError("the sum is wrong");
    }
}

BENCHMARK(batch)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(ping_pong)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(throughput)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace

BENCHMARK_MAIN();
