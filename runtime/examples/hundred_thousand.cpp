// Goroutines are cheap enough to have one for each small piece of work.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        constexpr std::int64_t pieces = 100'000;
        std::atomic<std::int64_t> total{0};
        weft::wait_group done;
        for (std::int64_t piece = 1; piece <= pieces; ++piece) {
            done.go([&total, piece] { total += piece; });
        }
        done.wait();
        std::printf("%lld\n", static_cast<long long>(total));
    });
}

// Output:
// 5000050000
