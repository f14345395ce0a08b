// The report of a deadlock comes only when nobody can go on. While one goroutine lives, others that
// have locked each other up are found by leak_check, or by `dump`.
#include <cstdio>
#include <mutex>
#include <weft/weft.hpp>

void take_both(weft::mutex& first, weft::mutex& second, weft::wait_group& ready) {
    const std::lock_guard one(first);
    ready.done();
    ready.wait();  // until the other has his first one too
    const std::lock_guard two(second);
}

int main() {
    return weft::run([] {
        weft::leak_check check;
        weft::mutex fork;
        weft::mutex spoon;
        weft::wait_group ready;
        ready.add(2);
        weft::go([&] { take_both(fork, spoon, ready); });
        weft::go([&] { take_both(spoon, fork, ready); });
        ready.wait();
        for (const auto& stuck : check.leaks()) {
            std::printf("stuck: %s\n", stuck.state.c_str());
        }
    });
}

// Output:
// stuck: sync.Mutex.Lock
// stuck: sync.Mutex.Lock
