// One goroutine for each item, and a wait until all have ended: `wait_group::go` counts before it
// starts, so that `wait` cannot come too early.
#include <array>
#include <cstdio>
#include <weft/weft.hpp>

struct order {
    const char* dish;
    bool served = false;
};

int main() {
    return weft::run([] {
        std::array<order, 4> orders{{{"soup"}, {"bread"}, {"cheese"}, {"tea"}}};
        weft::wait_group kitchen;
        for (order& each : orders) {
            kitchen.go([&each] { each.served = true; });
        }
        kitchen.wait();
        for (const order& each : orders) {
            std::printf("%s: %s\n", each.dish, each.served ? "served" : "forgotten");
        }
    });
}

// Output:
// soup: served
// bread: served
// cheese: served
// tea: served
