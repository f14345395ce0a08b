// Work goes out to a goroutine for each input; results come back over one channel, which is closed
// when the last of them has sent.
#include <array>
#include <cstdio>
#include <weft/weft.hpp>

weft::recv_chan<int> squares_of(const std::array<int, 5>& inputs) {
    const auto results = weft::make_chan<int>();
    weft::go([=] {
        weft::wait_group senders;
        for (const int input : inputs) {
            senders.go([=] { results.send(input * input); });
        }
        senders.wait();
        results.close();
    });
    return results;
}

int main() {
    return weft::run([] {
        int sum = 0;
        for (const int square : squares_of({3, 1, 4, 1, 5})) {
            sum += square;
        }
        std::printf("%d\n", sum);
    });
}

// Output:
// 52
