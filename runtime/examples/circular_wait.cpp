// Two goroutines that each wait for the other to begin. Somebody has to send first.
#include <cstdio>
#include <string>
#include <weft/weft.hpp>

void meet(bool somebody_begins) {
    const auto there = weft::make_chan<int>();
    const auto back = weft::make_chan<int>();
    weft::wait_group both;
    both.go([=] {
        if (somebody_begins) {
            there.send(1);
            back.recv();
        } else {
            back.recv();
            there.send(1);
        }
    });
    both.go([=] {
        there.recv();
        back.send(2);
    });
    both.wait();
    std::puts("they have met");
}

int main() {
    const weft::options thrown{.on_deadlock = weft::on_deadlock::throw_error};
    weft::run([] { meet(true); }, thrown);
    try {
        weft::run([] { meet(false); }, thrown);
    } catch (const weft::deadlock_error& report) {
        const std::string text = report.what();
        std::printf("%s\n", text.substr(0, text.find('\n')).c_str());
    }
}

// Output:
// they have met
// fatal error: all goroutines are asleep - deadlock!
