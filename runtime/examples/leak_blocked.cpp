// A goroutine that waits for what never comes is leaked. With a context to wait for as well it has
// a way out.
#include <cstdio>
#include <weft/weft.hpp>

void listen_for_ever() {
    const auto news = weft::make_chan<int>();
    weft::go([=] { news.recv(); });
}

void listen(const weft::context& ctx) {
    const auto news = weft::make_chan<int>();
    weft::go([=] { weft::select(weft::on_recv(news), weft::on_recv(ctx.done())); });
}

int main() {
    return weft::run([] {
        {
            weft::leak_check check;
            auto [ctx, cancel] = weft::with_cancel(weft::background());
            listen(ctx);
            cancel();
            std::printf("with a context: %zu leaked\n", check.leaks().size());
        }
        weft::leak_check check;
        listen_for_ever();
        const auto leaks = check.leaks();
        std::printf("without: %zu leaked [%s]\n", leaks.size(), leaks.at(0).state.c_str());
    });
}

// Output:
// with a context: 0 leaked
// without: 1 leaked [chan receive]
