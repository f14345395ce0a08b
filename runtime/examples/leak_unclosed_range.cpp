// A loop over a channel ends when the channel is closed, and only then. The sender closes it on
// every way out, an early one included.
#include <cstdio>
#include <weft/weft.hpp>

/// Closes a channel at the end of a scope.
class close_at_end {
public:
    explicit close_at_end(const weft::send_chan<int>& which) : which_(which) {}
    close_at_end(const close_at_end&) = delete;
    close_at_end& operator=(const close_at_end&) = delete;
    ~close_at_end() { which_.close(); }

private:
    weft::send_chan<int> which_;
};

void start_reader(const weft::recv_chan<int>& numbers) {
    weft::go([=] {
        for (const int number : numbers) {
            static_cast<void>(number);
        }
    });
}

int main() {
    return weft::run([] {
        weft::leak_check check;
        {
            const auto numbers = weft::make_chan<int>();
            const close_at_end guard(numbers);
            start_reader(numbers);
            numbers.send(1);
        }
        std::printf("closed: %zu leaked\n", check.leaks().size());
        const auto numbers = weft::make_chan<int>();
        start_reader(numbers);
        numbers.send(1);
        std::printf("not closed: %zu leaked\n", check.leaks().size());
    });
}

// Output:
// closed: 0 leaked
// not closed: 1 leaked
