// A goroutine that computes without ever calling the runtime does not stop the others, not even on
// one processor: after some 10 ms its processor is taken from it.
#include <atomic>
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run(
        [] {
            std::atomic<bool> stop{false};
            weft::wait_group done;
            done.go([&stop] {
                while (!stop.load(std::memory_order_relaxed)) {
                }
            });
            weft::yield();  // the hog has the only processor now
            std::puts("main runs all the same");
            stop = true;
            done.wait();
        },
        {.procs = 1});
}

// Output:
// main runs all the same
