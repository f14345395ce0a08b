// A pipeline that may be abandoned in the middle: every stage gives up when the context ends, and
// closes what it feeds.
#include <cstdio>
#include <optional>
#include <weft/weft.hpp>

/// Whether `value` was sent before `ctx` ended.
bool send_unless_ended(const weft::context& ctx, const weft::send_chan<int>& out, int value) {
    return weft::select(weft::on_send(out, value), weft::on_recv(ctx.done())) == 0;
}

weft::recv_chan<int> naturals(const weft::context& ctx) {
    const auto out = weft::make_chan<int>();
    weft::go([=] {
        for (int number = 1; send_unless_ended(ctx, out, number); ++number) {
        }
        out.close();
    });
    return out;
}

weft::recv_chan<int> doubled(const weft::context& ctx, const weft::recv_chan<int>& in) {
    const auto out = weft::make_chan<int>();
    weft::go([=] {
        for (const int number : in) {
            if (!send_unless_ended(ctx, out, 2 * number)) {
                break;
            }
        }
        out.close();
    });
    return out;
}

int main() {
    return weft::run([] {
        weft::leak_check check;
        {
            auto [ctx, cancel] = weft::with_cancel(weft::background());
            for (const int number : doubled(ctx, doubled(ctx, naturals(ctx)))) {
                std::printf("%d\n", number);
                if (number >= 12) {
                    break;
                }
            }
        }
        std::printf("%zu stages are left\n", check.leaks().size());
    });
}

// Output:
// 4
// 8
// 12
// 0 stages are left
