// A buffered channel takes as many values as it has slots before a sender must wait. Closed, it
// still gives what it holds.
#include <cstdio>
#include <string>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        const auto words = weft::make_chan<std::string>(3);
        words.send("no");
        words.send("receiver");
        words.send("yet");
        std::printf("%zu of %zu slots are taken\n", words.len(), words.cap());

        std::string fourth = "full";
        if (!words.try_send(fourth)) {
            std::printf("'%s' was not sent\n", fourth.c_str());
        }

        words.close();
        for (const std::string& word : words) {
            std::printf("%s\n", word.c_str());
        }
        std::printf("%zu of %zu slots are taken\n", words.len(), words.cap());
    });
}

// Output:
// 3 of 3 slots are taken
// 'full' was not sent
// no
// receiver
// yet
// 0 of 3 slots are taken
