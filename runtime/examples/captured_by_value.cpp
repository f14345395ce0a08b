// A goroutine outlives the round of the loop that starts it: it captures the loop's variable by
// value. By reference it would read a variable that has changed, or is gone.
#include <array>
#include <cstddef>
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        std::array<int, 5> seen{};
        weft::wait_group done;
        for (int round = 0; round < 5; ++round) {
            done.go([&seen, round] { seen[static_cast<std::size_t>(round)] = round * 10; });
        }
        done.wait();
        for (const int value : seen) {
            std::printf("%d\n", value);
        }
    });
}

// Output:
// 0
// 10
// 20
// 30
// 40
