// `go` returns at once: what it has started and what goes on here take turns as they please.
#include <chrono>
#include <cstdio>
#include <weft/weft.hpp>

void speak(const char* who) {
    for (int line = 1; line <= 3; ++line) {
        std::printf("%s says line %d\n", who, line);
        weft::sleep(std::chrono::milliseconds(5));
    }
}

int main() {
    return weft::run([] {
        weft::wait_group other;
        other.go([] { speak("a goroutine"); });
        speak("main");
        other.wait();
    });
}

// Unordered output:
// a goroutine says line 1
// a goroutine says line 2
// a goroutine says line 3
// main says line 1
// main says line 2
// main says line 3
