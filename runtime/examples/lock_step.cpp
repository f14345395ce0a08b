// The same producer with and without a buffer: unbuffered it is never more than the one value ahead
// that it holds in its hand; with a buffer it runs ahead by as much as fits.
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <weft/weft.hpp>

int most_ahead(std::size_t slots) {
    const auto values = weft::make_chan<int>(slots);
    std::atomic<int> made{0};
    weft::wait_group producer;
    producer.go([&made, values] {
        for (int value = 1; value <= 20; ++value) {
            ++made;
            values.send(value);
        }
        values.close();
    });
    int most = 0;
    for (const int taken : values) {
        weft::yield();
        const int ahead = made - taken;
        most = ahead > most ? ahead : most;
    }
    producer.wait();
    return most;
}

int main() {
    // One processor, so that the producer runs exactly when the consumer yields.
    return weft::run(
        [] {
            std::printf("unbuffered: %d ahead at most\n", most_ahead(0));
            std::printf("5 slots: %d ahead at most\n", most_ahead(5));
        },
        {.procs = 1});
}

// Output:
// unbuffered: 1 ahead at most
// 5 slots: 6 ahead at most
