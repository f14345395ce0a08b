// A channel operation costs more than an addition: values travel in batches, or not at all.
#include <cstdio>
#include <numeric>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

constexpr int values = 100'000;

struct outcome {
    long sum = 0;
    int operations = 0;
};

outcome one_by_one() {
    const auto numbers = weft::make_chan<int>(128);
    weft::go([=] {
        for (int value = 1; value <= values; ++value) {
            numbers.send(value);
        }
        numbers.close();
    });
    outcome all;
    for (const int value : numbers) {
        all.sum += value;
        ++all.operations;
    }
    return all;
}

outcome in_batches() {
    constexpr int batch_size = 1000;
    const auto batches = weft::make_chan<std::vector<int>>(4);
    weft::go([=] {
        for (int first = 1; first <= values; first += batch_size) {
            std::vector<int> batch(batch_size);
            std::iota(batch.begin(), batch.end(), first);
            batches.send(std::move(batch));
        }
        batches.close();
    });
    outcome all;
    for (const std::vector<int>& batch : batches) {
        all.sum = std::accumulate(batch.begin(), batch.end(), all.sum);
        ++all.operations;
    }
    return all;
}

int main() {
    return weft::run([] {
        const outcome slow = one_by_one();
        const outcome fast = in_batches();
        std::printf("%ld by %d receives\n", slow.sum, slow.operations);
        std::printf("%ld by %d receives\n", fast.sum, fast.operations);
    });
}

// Output:
// 5000050000 by 100000 receives
// 5000050000 by 100 receives
