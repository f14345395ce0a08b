// One timer for many waits: `reset` sets it anew, and nothing of the setting before is received.
#include <chrono>
#include <cstdio>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

int main() {
    return weft::run([] {
        const auto items = weft::make_chan<int>();
        weft::go([=] {
            for (int item = 1; item <= 3; ++item) {
                items.send(item);
            }  // and then falls silent without closing
        });
        weft::timer silence(10s);
        bool listening = true;
        while (listening) {
            weft::select(weft::on_recv(items,
                                       [&](std::optional<int> item) {
                                           std::printf("item %d\n", item.value_or(0));
                                           silence.reset(item == 3 ? 10ms : 10'000ms);
                                       }),
                         weft::on_recv(silence.chan(), [&] { listening = false; }));
        }
        std::puts("silence");
    });
}

// Output:
// item 1
// item 2
// item 3
// silence
