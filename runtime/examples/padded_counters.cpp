// Counters that different processors write stand on cache lines of their own; side by side on one
// line they would take it from each other with every write.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <weft/weft.hpp>

constexpr std::size_t cache_line = 64;

struct alignas(cache_line) padded_counter {
    std::atomic<long> value{0};
};
static_assert(sizeof(padded_counter) == cache_line);

int main() {
    return weft::run([] {
        std::array<padded_counter, 4> counters;
        weft::wait_group done;
        for (padded_counter& mine : counters) {
            done.go([&mine] {
                for (int count = 0; count < 10'000; ++count) {
                    mine.value.fetch_add(1, std::memory_order_relaxed);
                }
            });
        }
        done.wait();
        long total = 0;
        for (const padded_counter& each : counters) {
            total += each.value;
        }
        std::printf("%ld\n", total);
    });
}

// Output:
// 40000
