// A buffer hides a missing receiver for as long as it has room. The program has not become right,
// only its error later.
#include <cstdio>
#include <weft/weft.hpp>

bool ends(int values, std::size_t slots) {
    try {
        weft::run(
            [=] {
                const auto results = weft::make_chan<int>(slots);
                for (int value = 0; value < values; ++value) {
                    results.send(value);
                }
            },
            {.on_deadlock = weft::on_deadlock::throw_error});
        return true;
    } catch (const weft::deadlock_error&) {
        return false;
    }
}

int main() {
    std::printf("1 value, no buffer: %s\n", ends(1, 0) ? "ends" : "deadlock");
    std::printf("10 values, 10 slots: %s\n", ends(10, 10) ? "ends" : "deadlock");
    std::printf("11 values, 10 slots: %s\n", ends(11, 10) ? "ends" : "deadlock");
}

// Output:
// 1 value, no buffer: deadlock
// 10 values, 10 slots: ends
// 11 values, 10 slots: deadlock
