// Who waits for a result waits for its context too, and gives up when that ends first.
#include <chrono>
#include <cstdio>
#include <optional>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

void wait_for(const char* what, std::chrono::milliseconds takes,
              std::chrono::milliseconds allowed) {
    auto [ctx, cancel] = weft::with_timeout(weft::background(), allowed);
    const auto result = weft::make_chan<int>(1);
    weft::go([=] {
        weft::sleep(takes);
        result.send(7);
    });
    weft::select(weft::on_recv(result,
                               [&](std::optional<int> value) {
                                   std::printf("%s: %d\n", what, value.value_or(0));
                               }),
                 weft::on_recv(ctx.done(), [&, &ctx = ctx] {
                     std::printf("%s: %s\n", what, ctx.err().message().c_str());
                 }));
}

int main() {
    return weft::run([] {
        wait_for("quick", 0ms, 10'000ms);
        wait_for("slow", 3'600'000ms, 10ms);
    });
}

// Output:
// quick: 7
// slow: context deadline exceeded
