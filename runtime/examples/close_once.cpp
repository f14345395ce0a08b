// Closing is the sender's, once. What goes wrong otherwise is a panic, and says what it was.
#include <cstdio>
#include <weft/weft.hpp>

template <class F>
void report(const char* what, F f) {
    try {
        f();
    } catch (const weft::panic& mistake) {
        std::printf("%s: %s\n", what, mistake.what());
    }
}

int main() {
    return weft::run([] {
        const auto closed = weft::make_chan<int>();
        closed.close();
        report("closing again", [&] { closed.close(); });
        report("sending", [&] { closed.send(1); });
        report("closing none", [] { weft::chan<int>().close(); });
        std::printf("receiving: %s\n", closed.recv() ? "a value" : "the end");
    });
}

// Output:
// closing again: close of closed channel
// sending: send on closed channel
// closing none: close of nil channel
// receiving: the end
