// A loop without an end asks in every round whether it is still wanted.
#include <cstdio>
#include <weft/weft.hpp>

void keep_house(const weft::context& ctx, weft::wait_group& houses) {
    houses.go([=] {
        for (int rounds = 0; !ctx.err(); ++rounds) {
            weft::yield();  // a round of work
        }
    });
}

int main() {
    return weft::run([] {
        weft::wait_group houses;
        auto [ctx, cancel] = weft::with_cancel(weft::background());
        for (int house = 0; house < 3; ++house) {
            keep_house(ctx, houses);
        }
        std::printf("%zu goroutines\n", weft::num_goroutine());
        cancel();
        houses.wait();
        std::puts("all loops have ended");
    });
}

// Output:
// 4 goroutines
// all loops have ended
