// The plainest detector: count the goroutines before and after. It says how many, not which.
#include <cstdio>
#include <weft/weft.hpp>

void suspect(int callers) {
    const auto answers = weft::make_chan<int>();
    for (int caller = 0; caller < callers; ++caller) {
        weft::go([=] { answers.send(caller); });
    }
    answers.recv();  // the first is enough; the others are forgotten
}

int main() {
    return weft::run([] {
        const auto before = weft::num_goroutine();
        suspect(5);
        while (weft::num_goroutine() > before + 4) {
            weft::yield();
        }
        std::printf("%zu more than before\n", weft::num_goroutine() - before);
    });
}

// Output:
// 4 more than before
