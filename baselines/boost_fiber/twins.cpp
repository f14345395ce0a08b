// Some cells again, by Google Benchmark and straight on the library: nothing of the kit, and the
// library's own stacks.
#include <benchmark/benchmark.h>

#include <boost/fiber/all.hpp>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace {

namespace fibers = boost::fibers;

void ping_pong(benchmark::State& state) {
    fibers::unbuffered_channel<std::int64_t> there;
    fibers::unbuffered_channel<std::int64_t> back;
    std::int64_t token = 0;
    fibers::fiber ping([&] {
        for ([[maybe_unused]] auto _ : state) {
            there.push(token);
            token = back.value_pop() + 1;
        }
    });
    fibers::fiber pong([&, trips = state.max_iterations] {
        for (std::int64_t trip = 0; trip < trips; ++trip) {
            back.push(there.value_pop() + 1);
        }
    });
    ping.join();
    pong.join();
    if (token != 2 * state.max_iterations) {
        state.SkipWithError("the token is wrong");
    }
}

void throughput(benchmark::State& state) {
    fibers::buffered_channel<std::int64_t> numbers(128);  // which holds 127
    std::int64_t sum = 0;
    fibers::fiber consumer([&] {
        for ([[maybe_unused]] auto _ : state) {
            sum += numbers.value_pop();
        }
    });
    fibers::fiber producer([&, count = state.max_iterations] {
        for (std::int64_t number = 1; number <= count; ++number) {
            numbers.push(number);
        }
    });
    consumer.join();
    producer.join();
    if (sum != state.max_iterations * (state.max_iterations + 1) / 2) {
        state.SkipWithError("the sum is wrong");
    }
}

BENCHMARK(ping_pong)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(throughput)->UseRealTime()->MeasureProcessCPUTime();

/// Threads that steal fibers from each other and from the one that makes this, until its end.
class thieves {
public:
    explicit thieves(std::uint32_t workers) {
        for (std::uint32_t thief = 1; thief < workers; ++thief) {
            threads_.emplace_back([this, workers] {
                fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(workers);
                std::unique_lock lock(mutex_);
                over_.wait(lock, [this] { return is_over_; });
            });
        }
        fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(workers);
    }
    ~thieves() {
        {
            const std::scoped_lock lock(mutex_);
            is_over_ = true;
        }
        over_.notify_all();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

private:
    fibers::mutex mutex_;
    fibers::condition_variable_any over_;
    bool is_over_ = false;  // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace

/// `boost_fiber WORKERS` and Google Benchmark's own options.
int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const int workers = argc == 2 ? std::atoi(argv[1]) : 0;
    if (workers < 1) {
        return 2;
    }
    if (workers == 1) {
        benchmark::RunSpecifiedBenchmarks();  // round_robin is the library's default
        return 0;
    }
    const thieves pool(static_cast<std::uint32_t>(workers));
    benchmark::RunSpecifiedBenchmarks();
}
