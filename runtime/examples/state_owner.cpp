// Instead of a lock around a table: one goroutine owns it, and others ask it. A request brings the
// channel for its answer along.
#include <cstdio>
#include <map>
#include <string>
#include <weft/weft.hpp>

struct request {
    std::string item;
    int change;
    weft::send_chan<int> stock;
};

void keep_stock(const weft::recv_chan<request>& requests) {
    std::map<std::string, int> stock;
    for (const request& each : requests) {
        each.stock.send(stock[each.item] += each.change);
    }
}

int main() {
    return weft::run([] {
        const auto requests = weft::make_chan<request>();
        weft::wait_group owner;
        owner.go([=] { keep_stock(requests); });
        const auto change = [=](const char* item, int by) {
            const auto stock = weft::make_chan<int>(1);
            requests.send({item, by, stock});
            return stock.recv().value();
        };
        std::printf("%d bolts\n", change("bolts", 30));
        std::printf("%d nuts\n", change("nuts", 12));
        std::printf("%d bolts\n", change("bolts", -8));
        requests.close();
        owner.wait();
    });
}

// Output:
// 30 bolts
// 12 nuts
// 22 bolts
