// One goroutine that answers messages, sends heartbeats and stops when it is told to: a select in a
// loop, and its state needs no lock.
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

void serve(const weft::context& ctx, const weft::recv_chan<std::string>& messages,
           const weft::send_chan<weft::unit>& heartbeats) {
    weft::ticker pulse(2ms);
    int handled = 0;
    while (!ctx.err()) {
        weft::select(weft::on_recv(messages,
                                   [&](const std::optional<std::string>& message) {
                                       std::printf("message: %s\n", message.value_or("").c_str());
                                       ++handled;
                                   }),
                     weft::on_recv(pulse.chan(),
                                   [&] {
                                       weft::unit beat;
                                       heartbeats.try_send(beat);
                                   }),
                     weft::on_recv(ctx.done()));
    }
    std::printf("stopped after %d messages: %s\n", handled, ctx.err().message().c_str());
}

int main() {
    return weft::run([] {
        const auto messages = weft::make_chan<std::string>();
        const auto heartbeats = weft::make_chan<weft::unit>(2);
        auto [ctx, cancel] = weft::with_cancel(weft::background());
        weft::wait_group server;
        server.go([=, ctx = ctx] { serve(ctx, messages, heartbeats); });

        messages.send("one");
        messages.send("two");
        heartbeats.recv();
        heartbeats.recv();
        cancel();
        server.wait();
    });
}

// Output:
// message: one
// message: two
// stopped after 2 messages: context canceled
