// Several channels become one: a goroutine for each copies what comes, and when all have ended the
// result is closed.
#include <cstdio>
#include <vector>
#include <weft/weft.hpp>

weft::recv_chan<int> multiples(int of, int how_many) {
    const auto out = weft::make_chan<int>();
    weft::go([=] {
        for (int factor = 1; factor <= how_many; ++factor) {
            out.send(of * factor);
        }
        out.close();
    });
    return out;
}

weft::recv_chan<int> merged(const std::vector<weft::recv_chan<int>>& sources) {
    const auto out = weft::make_chan<int>();
    weft::go([=] {
        weft::wait_group copying;
        for (const auto& source : sources) {
            copying.go([=] {
                for (const int value : source) {
                    out.send(value);
                }
            });
        }
        copying.wait();
        out.close();
    });
    return out;
}

int main() {
    return weft::run([] {
        for (const int value : merged({multiples(1, 3), multiples(10, 3), multiples(100, 3)})) {
            std::printf("%d\n", value);
        }
    });
}

// Unordered output:
// 1
// 2
// 3
// 10
// 20
// 30
// 100
// 200
// 300
