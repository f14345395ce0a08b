// With `otherwise` a select never waits. For one channel `try_send` and `try_recv` say the same,
// and tell an empty channel from a closed one.
#include <cstdio>
#include <weft/weft.hpp>

const char* in_words(weft::recv_status status) {
    switch (status) {
        case weft::recv_status::success:
            return "a value";
        case weft::recv_status::empty:
            return "nothing yet";
        case weft::recv_status::closed:
            return "nothing any more";
    }
    return "";
}

int main() {
    return weft::run([] {
        const auto mailbox = weft::make_chan<int>(1);
        const auto post = [&](int letter) {
            weft::select(weft::on_send(mailbox, letter, [] { std::puts("posted"); }),
                         weft::otherwise([] { std::puts("dropped: the box is full"); }));
        };
        post(1);
        post(2);

        int letter = 0;
        std::puts(in_words(mailbox.try_recv(letter)));
        std::puts(in_words(mailbox.try_recv(letter)));
        mailbox.close();
        std::puts(in_words(mailbox.try_recv(letter)));
    });
}

// Output:
// posted
// dropped: the box is full
// a value
// nothing yet
// nothing any more
