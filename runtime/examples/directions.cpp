// A function says by its parameter which end of a channel it uses; the compiler holds it to that. A
// channel converts to either end, an end never back.
#include <cstdio>
#include <type_traits>
#include <weft/weft.hpp>

void count_down(const weft::send_chan<int>& out) {
    for (int left = 3; left > 0; --left) {
        out.send(left);
    }
    out.close();
}

void announce(const weft::recv_chan<int>& in) {
    for (const int left : in) {
        std::printf("%d...\n", left);
    }
    std::puts("lift-off");
}

static_assert(std::is_convertible_v<weft::chan<int>, weft::send_chan<int>>);
static_assert(!std::is_convertible_v<weft::send_chan<int>, weft::chan<int>>);
static_assert(!std::is_convertible_v<weft::recv_chan<int>, weft::send_chan<int>>);

int main() {
    return weft::run([] {
        const auto numbers = weft::make_chan<int>();
        weft::go([=] { count_down(numbers); });
        announce(numbers);
    });
}

// Output:
// 3...
// 2...
// 1...
// lift-off
