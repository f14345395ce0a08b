// An unbuffered channel is a meeting: neither side goes on before the other has come. So what the
// sender did before is visible to the receiver, without any lock.
#include <cstdio>
#include <string>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        std::string letter;
        const auto ready = weft::make_chan<weft::unit>();
        weft::go([&letter, ready] {
            letter = "written before the meeting";
            ready.send({});
        });
        ready.recv();
        std::printf("%s\n", letter.c_str());
    });
}

// Output:
// written before the meeting
