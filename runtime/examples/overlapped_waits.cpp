// Waits overlap for nothing: a hundred of them one after the other take a hundred times as long as
// one, a hundred at once take as long as one.
#include <chrono>
#include <cstdio>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

constexpr int requests = 100;
constexpr auto latency = 1ms;

template <class F>
weft::duration time_of(F f) {
    const weft::time_point start = weft::now();
    f();
    return weft::now() - start;
}

int main() {
    return weft::run([] {
        const auto one_by_one = time_of([] {
            for (int request = 0; request < requests; ++request) {
                weft::sleep(latency);
            }
        });
        const auto at_once = time_of([] {
            weft::wait_group done;
            for (int request = 0; request < requests; ++request) {
                done.go([] { weft::sleep(latency); });
            }
            done.wait();
        });
        std::puts(one_by_one >= requests * latency ? "one by one: the sum" : "too early");
        std::puts(at_once >= latency ? "at once: the longest" : "too early");
        using milliseconds = std::chrono::duration<double, std::milli>;
        std::fprintf(stderr, "%.1f ms, %.1f ms\n", milliseconds(one_by_one).count(),
                     milliseconds(at_once).count());
    });
}

// Output:
// one by one: the sum
// at once: the longest
