// A result that nobody takes holds its sender for ever, unless the sender may give up, or there is
// room for the result.
#include <cstddef>
#include <cstdio>
#include <weft/weft.hpp>

int compute() {
    return 6 * 7;
}

std::size_t leaked_by(void (*scenario)()) {
    weft::leak_check check;
    scenario();
    return check.leaks().size();
}

int main() {
    return weft::run([] {
        std::printf("nobody receives: %zu leaked\n", leaked_by([] {
                        const auto result = weft::make_chan<int>();
                        weft::go([=] { result.send(compute()); });
                    }));
        std::printf("with room for it: %zu leaked\n", leaked_by([] {
                        const auto result = weft::make_chan<int>(1);
                        weft::go([=] { result.send(compute()); });
                    }));
        std::printf("with a way out: %zu leaked\n", leaked_by([] {
                        auto [ctx, cancel] = weft::with_cancel(weft::background());
                        const auto result = weft::make_chan<int>();
                        weft::go([=, ctx = ctx] {
                            weft::select(weft::on_send(result, compute()),
                                         weft::on_recv(ctx.done()));
                        });
                    }));
    });
}

// Output:
// nobody receives: 1 leaked
// with room for it: 0 leaked
// with a way out: 0 leaked
