// Tasks of different weight share a budget. Who waits for much is not overtaken by who needs
// little, and may give up when its context ends.
#include <chrono>
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        weft::semaphore memory(10);
        memory.acquire(8);

        auto [ctx, cancel] = weft::with_timeout(weft::background(), std::chrono::milliseconds(10));
        const auto refused = memory.acquire(ctx, 5);
        std::printf("5 of the 2 that are left: %s\n", refused.message().c_str());
        std::printf("2 of the 2 that are left: %s\n", memory.try_acquire(2) ? "yes" : "no");

        const auto granted = weft::make_chan<weft::unit>();
        weft::go([&memory, granted] {
            memory.acquire(5);
            granted.send({});
        });
        memory.release(8);
        granted.recv();
        std::puts("5 of the 8 that were given back: yes");
    });
}

// Output:
// 5 of the 2 that are left: context deadline exceeded
// 2 of the 2 that are left: yes
// 5 of the 8 that were given back: yes
