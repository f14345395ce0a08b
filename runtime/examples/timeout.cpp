// A timeout is one more case of a select. The channel has room for the answer that nobody waits for
// any more, so that its sender ends too.
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

std::string ask(std::chrono::milliseconds takes, std::chrono::milliseconds patience) {
    const auto answer = weft::make_chan<std::string>(1);
    weft::go([=] {
        weft::sleep(takes);
        answer.send("42");
    });
    std::string result;
    weft::select(
        weft::on_recv(answer,
                      [&](const std::optional<std::string>& text) { result = text.value(); }),
        weft::on_timeout(patience, [&] { result = "no answer in time"; }));
    return result;
}

int main() {
    return weft::run([] {
        std::printf("quick oracle: %s\n", ask(0ms, 10s).c_str());
        std::printf("slow oracle: %s\n", ask(1h, 10ms).c_str());
    });
}

// Output:
// quick oracle: 42
// slow oracle: no answer in time
