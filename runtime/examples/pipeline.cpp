// Stages, each a goroutine between two channels. A slow stage slows down those before it: that is
// all the flow control there is, and all that is needed.
#include <cstdio>
#include <weft/weft.hpp>

weft::recv_chan<int> count_to(int last) {
    const auto out = weft::make_chan<int>();
    weft::go([=] {
        for (int number = 1; number <= last; ++number) {
            out.send(number);
        }
        out.close();
    });
    return out;
}

weft::recv_chan<int> squared(const weft::recv_chan<int>& in) {
    const auto out = weft::make_chan<int>();
    weft::go([=] {
        for (const int number : in) {
            out.send(number * number);
        }
        out.close();
    });
    return out;
}

int main() {
    return weft::run([] {
        for (const int fourth_power : squared(squared(count_to(5)))) {
            std::printf("%d\n", fourth_power);
        }
    });
}

// Output:
// 1
// 16
// 81
// 256
// 625
