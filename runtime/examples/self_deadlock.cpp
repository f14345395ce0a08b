// Who sends to a channel that only he himself would receive from waits for ever. When nobody is
// left who could change that, it is reported; here as an exception.
#include <cstdio>
#include <string>
#include <weft/weft.hpp>

int main() {
    try {
        weft::run(
            [] {
                const auto note = weft::make_chan<int>();
                note.send(1);
                note.recv();
            },
            {.on_deadlock = weft::on_deadlock::throw_error});
    } catch (const weft::deadlock_error& report) {
        const std::string text = report.what();
        std::printf("%s\n", text.substr(0, text.find('\n')).c_str());
        std::puts(text.find("goroutine 1 [chan send]:") == std::string::npos ? "?" : "chan send");
    }
}

// Output:
// fatal error: all goroutines are asleep - deadlock!
// chan send
