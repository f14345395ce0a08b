// A goroutine for each connection is fine; one for each of an unlimited number is not. The server
// takes a token before it accepts, so that under load clients wait in the system's queue.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <utility>
#include <weft/weft.hpp>

constexpr int at_once = 3;

struct counts {
    std::atomic<int> active{0};
    std::atomic<bool> too_many{false};
};

void echo(weft::net::stream& peer, counts& seen) {
    if (++seen.active > at_once) {
        seen.too_many = true;
    }
    std::array<std::byte, 1> byte{};
    if (peer.read_some(byte) == 1) {
        peer.write_some(byte);
    }
    --seen.active;
}

void serve(weft::net::listener& from, counts& seen) {
    weft::semaphore tokens(at_once);
    weft::wait_group connections;
    std::error_code closed;
    while (true) {
        tokens.acquire();
        auto peer = from.accept(closed);
        if (closed) {
            break;
        }
        connections.go([&, peer = std::move(peer)]() mutable {
            echo(peer, seen);
            peer.close();
            tokens.release();
        });
    }
    connections.wait();
}

int main() {
    return weft::run([] {
        auto listener = weft::net::listener::listen("127.0.0.1:0");
        counts seen;
        weft::wait_group server;
        server.go([&] { serve(listener, seen); });

        std::atomic<int> answered{0};
        weft::wait_group clients;
        for (int client = 0; client < 30; ++client) {
            clients.go([&] {
                auto connection =
                    weft::net::stream::dial(weft::background(), listener.local_address());
                std::array<std::byte, 1> byte{std::byte{42}};
                connection.write_some(byte);
                answered += connection.read_some(byte) == 1 ? 1 : 0;
            });
        }
        clients.wait();
        listener.close();
        server.wait();
        std::printf("%d answers, %s\n", answered.load(),
                    seen.too_many ? "too many at once" : "never more than 3 at once");
    });
}

// Output:
// 30 answers, never more than 3 at once
