// For a single number an atomic is the whole remedy for a race; std::atomic works between
// goroutines as it does between threads.
#include <atomic>
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        std::atomic<int> hits{0};
        weft::wait_group done;
        for (int visitor = 0; visitor < 1000; ++visitor) {
            done.go([&hits] { hits.fetch_add(1, std::memory_order_relaxed); });
        }
        done.wait();
        std::printf("%d\n", hits.load());
    });
}

// Output:
// 1000
