// What computes and never waits is divided among as many goroutines as there are processors; more
// of them would only take turns.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <vector>
#include <weft/weft.hpp>

std::uint64_t collatz_steps(std::uint64_t from, std::uint64_t to) {
    std::uint64_t steps = 0;
    for (std::uint64_t start = from; start < to; ++start) {
        for (std::uint64_t n = start; n != 1; ++steps) {
            n = n % 2 == 0 ? n / 2 : 3 * n + 1;
        }
    }
    return steps;
}

int main() {
    return weft::run([] {
        constexpr std::uint64_t end = 20'001;
        const auto parts = static_cast<std::uint64_t>(weft::procs());
        std::vector<std::uint64_t> steps(parts);
        weft::wait_group workers;
        for (std::uint64_t part = 0; part < parts; ++part) {
            workers.go([&steps, part, parts] {
                steps[part] = collatz_steps(std::max<std::uint64_t>(1, end * part / parts),
                                            end * (part + 1) / parts);
            });
        }
        workers.wait();
        const auto total = std::accumulate(steps.begin(), steps.end(), std::uint64_t{0});
        std::printf("%s\n", total == collatz_steps(1, end) ? "as alone" : "wrong");
    });
}

// Output:
// as alone
