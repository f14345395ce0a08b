// Data that moves is shared with nobody: each goroutine sends its part, and one adds them up.
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        constexpr int parts = 1000;
        const auto results = weft::make_chan<int>(64);
        for (int part = 0; part < parts; ++part) {
            weft::go([=] { results.send(1); });
        }
        int total = 0;
        for (int received = 0; received < parts; ++received) {
            total += results.recv().value_or(0);
        }
        std::printf("%d\n", total);
    });
}

// Output:
// 1000
