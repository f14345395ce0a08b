// A tree of goroutines: each starts ten more, down to a hundred thousand leaves, and adds up what
// they send.
#include <cstdio>
#include <weft/weft.hpp>

void grow(const weft::send_chan<long>& parent, long number, long leaves) {
    if (leaves == 1) {
        parent.send(number);
        return;
    }
    const auto children = weft::make_chan<long>();
    for (long child = 0; child < 10; ++child) {
        const long first = number + child * (leaves / 10);
        weft::go([=] { grow(children, first, leaves / 10); });
    }
    long sum = 0;
    for (int child = 0; child < 10; ++child) {
        sum += children.recv().value();
    }
    parent.send(sum);
}

int main() {
    return weft::run([] {
        const auto result = weft::make_chan<long>();
        weft::go([=] { grow(result, 0, 100'000); });
        std::printf("%ld\n", result.recv().value());
    });
}

// Output:
// 4999950000
