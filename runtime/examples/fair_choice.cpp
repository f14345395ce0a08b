// When several cases are ready one is chosen at random, so that none is starved.
#include <array>
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        constexpr int rounds = 1000;
        const auto left = weft::make_chan<int>(rounds);
        const auto right = weft::make_chan<int>(rounds);
        for (int round = 0; round < rounds; ++round) {
            left.send(round);
            right.send(round);
        }
        std::array<int, 2> chosen{};
        for (int round = 0; round < rounds; ++round) {
            ++chosen[weft::select(weft::on_recv(left), weft::on_recv(right))];
        }
        const bool fair = chosen[0] > rounds / 4 && chosen[1] > rounds / 4;
        std::puts(fair ? "both were chosen often" : "one was starved");
    });
}

// Output:
// both were chosen often
