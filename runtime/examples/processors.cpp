// Processors bound how many goroutines run at the same instant, not how many there are.
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    const auto program = [] {
        const auto release = weft::make_chan<weft::unit>();
        weft::wait_group done;
        for (int i = 0; i < 10; ++i) {
            done.go([=] { release.recv(); });
        }
        std::printf("%d processors, %zu goroutines\n", weft::procs(), weft::num_goroutine());
        release.close();
        done.wait();
    };
    weft::run(program, {.procs = 1});
    weft::run(program, {.procs = 4});
}

// Output:
// 1 processors, 11 goroutines
// 4 processors, 11 goroutines
