// `select` waits for several channels and takes the one that is ready first.
#include <cstdio>
#include <optional>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        const auto slow = weft::make_chan<int>();
        const auto fast = weft::make_chan<int>();
        const auto start = weft::make_chan<weft::unit>();
        weft::go([=] {
            start.recv();  // not before the fast one has been heard
            slow.send(1);
        });
        weft::go([=] { fast.send(2); });

        for (int heard = 0; heard < 2; ++heard) {
            weft::select(weft::on_recv(slow,
                                       [](std::optional<int> value) {
                                           std::printf("slow: %d\n", value.value_or(0));
                                       }),
                         weft::on_recv(fast, [&](std::optional<int> value) {
                             std::printf("fast: %d\n", value.value_or(0));
                             start.send({});
                         }));
        }
    });
}

// Output:
// fast: 2
// slow: 1
