// Squares of 1 to 100, each computed by a goroutine of its own and summed as they come.
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        constexpr int numbers = 100;
        const auto squares = weft::make_chan<int>();
        for (int number = 1; number <= numbers; ++number) {
            weft::go([=] { squares.send(number * number); });
        }
        int sum = 0;
        for (int received = 0; received < numbers; ++received) {
            sum += squares.recv().value_or(0);
        }
        std::printf("%d\n", sum);
        return 0;
    });
}
