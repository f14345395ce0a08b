// A buffered channel as a semaphore: who has put a value in may go on, who finds it full waits.
#include <atomic>
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        constexpr int at_once = 4;
        const auto places = weft::make_chan<weft::unit>(at_once);
        std::atomic<int> inside{0};
        std::atomic<bool> too_many{false};
        weft::wait_group done;
        for (int visitor = 0; visitor < 50; ++visitor) {
            done.go([&, places] {
                places.send({});
                if (++inside > at_once) {
                    too_many = true;
                }
                weft::yield();
                --inside;
                places.recv();
            });
        }
        done.wait();
        std::puts(too_many ? "there were too many at once" : "never more than 4 at once");
    });
}

// Output:
// never more than 4 at once
