// When main returns the program is over: other goroutines are not waited for. To sleep "for long
// enough" is a guess; a wait group knows.
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    weft::run([] {
        weft::go([] {
            weft::chan<weft::unit>().recv();  // nil: waits for ever, and no longer than main
            std::puts("never printed");
        });
        weft::yield();
    });
    std::puts("the first program is over");

    weft::run([] {
        weft::wait_group greeted;
        greeted.go([] { std::puts("hello from a goroutine that was waited for"); });
        greeted.wait();
    });
    std::puts("the second program is over");
}

// Output:
// the first program is over
// hello from a goroutine that was waited for
// the second program is over
