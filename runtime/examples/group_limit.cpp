// A group with a limit: `go` waits until there is room, so that a long list does not become as many
// goroutines.
#include <atomic>
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        std::atomic<int> active{0};
        std::atomic<int> most{0};
        std::atomic<int> finished{0};
        weft::group downloads;
        downloads.set_limit(3);
        for (int file = 0; file < 40; ++file) {
            downloads.go([&] {
                const int now = ++active;
                for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
                }
                weft::yield();
                --active;
                ++finished;
            });
        }
        downloads.wait();
        std::printf("%d finished, %s\n", finished.load(),
                    most <= 3 ? "never more than 3 at once" : "too many at once");
    });
}

// Output:
// 40 finished, never more than 3 at once
