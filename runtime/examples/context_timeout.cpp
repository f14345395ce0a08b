// A deadline for a whole team: the context ends for all of them at once, and says why.
#include <chrono>
#include <cstdio>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

void rehearse(const weft::context& ctx, int player) {
    while (!ctx.err()) {
        weft::select(weft::on_recv(ctx.done()), weft::on_timeout(1ms));
    }
    std::printf("player %d: %s\n", player, ctx.err().message().c_str());
}

int main() {
    return weft::run([] {
        auto [ctx, cancel] = weft::with_timeout(weft::background(), 20ms);
        weft::wait_group team;
        for (int player = 1; player <= 3; ++player) {
            team.go([player, ctx = ctx] { rehearse(ctx, player); });
        }
        team.wait();
    });
}

// Unordered output:
// player 1: context deadline exceeded
// player 2: context deadline exceeded
// player 3: context deadline exceeded
