// A call that blocks its thread goes into `blocking`, which hands the processor on: even with one
// processor the goroutine that ends the wait runs meanwhile.
#include <unistd.h>
#include <array>
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run(
        [] {
            std::array<int, 2> ends{};
            if (::pipe(ends.data()) != 0) {
                return 1;
            }
            weft::wait_group done;
            done.go([&] {
                char got = 0;
                const auto bytes = weft::blocking([&] { return ::read(ends[0], &got, 1); });
                std::printf("read %zd byte: %c\n", bytes, got);
            });
            done.go([&] {
                const auto bytes = weft::blocking([&] { return ::write(ends[1], "x", 1); });
                if (bytes != 1) {
                    std::puts("the pipe took nothing");
                }
            });
            done.wait();
            ::close(ends[0]);
            ::close(ends[1]);
            return 0;
        },
        {.procs = 1});
}

// Output:
// read 1 byte: x
