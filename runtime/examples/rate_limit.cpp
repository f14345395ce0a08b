// A ticker paces requests; a buffered channel of permits, filled beforehand, allows a burst.
#include <chrono>
#include <cstdio>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

int main() {
    return weft::run([] {
        constexpr auto pace = 5ms;
        constexpr int burst = 3;
        constexpr int requests = 7;
        const auto permits = weft::make_chan<weft::unit>(burst);
        for (int permit = 0; permit < burst; ++permit) {
            permits.send({});
        }
        auto [ctx, cancel] = weft::with_cancel(weft::background());
        const weft::time_point start = weft::now();
        weft::wait_group refill;
        refill.go([=, ctx = ctx] {
            const weft::ticker tick(pace);
            while (weft::select(weft::on_recv(tick.chan()), weft::on_recv(ctx.done())) == 0) {
                weft::unit permit;
                permits.try_send(permit);  // beyond the burst they are lost
            }
        });
        for (int request = 1; request <= requests; ++request) {
            permits.recv();
        }
        // The first three were free; each of the others took a tick, and ticks are never early.
        const bool paced = weft::now() - start >= (requests - burst) * pace;
        std::printf("%d requests, %s\n", requests, paced ? "at the pace" : "too fast");
        cancel();
        refill.wait();
    });
}

// Output:
// 7 requests, at the pace
