// The same hundred addresses fetched one by one, all at once, and by ten workers.
#include "loopback_http.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

class fetcher {
public:
    explicit fetcher(std::string address) : address_(std::move(address)) {}
    void fetch(const std::string& path) {
        if (loopback_http::get(weft::background(), address_, path).body == path) {
            ++fetched_;
        }
    }
    int fetched() const { return fetched_; }

private:
    std::string address_;
    std::atomic<int> fetched_{0};
};

using paths = std::vector<std::string>;

void one_by_one(fetcher& from, const paths& all) {
    for (const std::string& path : all) {
        from.fetch(path);
    }
}

void all_at_once(fetcher& from, const paths& all) {
    weft::wait_group done;
    for (const std::string& path : all) {
        done.go([&] { from.fetch(path); });
    }
    done.wait();
}

void ten_workers(fetcher& from, const paths& all) {
    const auto jobs = weft::make_chan<std::string>(all.size());
    weft::wait_group workers;
    for (int worker = 0; worker < 10; ++worker) {
        workers.go([&from, jobs] {
            for (const std::string& path : jobs) {
                from.fetch(path);
            }
        });
    }
    for (const std::string& path : all) {
        jobs.send(path);
    }
    jobs.close();
    workers.wait();
}

int main() {
    return weft::run([] {
        const loopback_http::server site([](std::string_view path) {
            weft::sleep(1ms);
            return loopback_http::response{200, std::string(path)};
        });
        paths all;
        for (int page = 0; page < 100; ++page) {
            all.push_back("/page/" + std::to_string(page));
        }
        const auto measure = [&](const char* name, void (*way)(fetcher&, const paths&)) {
            fetcher from(site.address());
            const weft::time_point start = weft::now();
            way(from, all);
            const std::chrono::duration<double, std::milli> took = weft::now() - start;
            std::printf("%s: %d pages\n", name, from.fetched());
            std::fprintf(stderr, "%s: %.1f ms\n", name, took.count());
        };
        measure("one by one", one_by_one);
        measure("all at once", all_at_once);
        measure("ten workers", ten_workers);
    });
}

// Output:
// one by one: 100 pages
// all at once: 100 pages
// ten workers: 100 pages
