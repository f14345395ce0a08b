// As many receives as goroutines were started: with a known number nothing needs to be closed, and
// with a buffer for all of them no sender waits.
#include <array>
#include <cstdio>
#include <string>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        const std::array<const char*, 3> cities{"Oslo", "Lima", "Pune"};
        const auto greetings = weft::make_chan<std::string>(cities.size());
        for (const char* city : cities) {
            weft::go([=] { greetings.send("greetings from " + std::string(city)); });
        }
        for (std::size_t received = 0; received < cities.size(); ++received) {
            std::printf("%s\n", greetings.recv().value().c_str());
        }
    });
}

// Unordered output:
// greetings from Oslo
// greetings from Lima
// greetings from Pune
