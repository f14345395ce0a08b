// A function that returns a channel and goes on filling it. Closing says that nothing more comes,
// and ends the receiver's loop.
#include <cstdio>
#include <vector>
#include <weft/weft.hpp>

weft::recv_chan<int> primes_below(int limit) {
    const auto found = weft::make_chan<int>();
    weft::go([=] {
        std::vector<bool> composite(static_cast<std::size_t>(limit));
        for (int candidate = 2; candidate < limit; ++candidate) {
            if (composite[static_cast<std::size_t>(candidate)]) {
                continue;
            }
            found.send(candidate);
            for (int multiple = 2 * candidate; multiple < limit; multiple += candidate) {
                composite[static_cast<std::size_t>(multiple)] = true;
            }
        }
        found.close();
    });
    return found;
}

int main() {
    return weft::run([] {
        for (const int prime : primes_below(20)) {
            std::printf("%d ", prime);
        }
        std::puts("and no more");
    });
}

// Output:
// 2 3 5 7 11 13 17 19 and no more
