// A request with a deadline: when the context ends, so does whatever the request waits for.
#include "loopback_http.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

std::string fetch(const std::string& address, const char* path, std::chrono::milliseconds limit) {
    auto [ctx, cancel] = weft::with_timeout(weft::background(), limit);
    try {
        return loopback_http::get(ctx, address, path).body;
    } catch (const std::system_error& error) {
        return error.code().message();
    }
}

int main() {
    return weft::run([] {
        const auto never = weft::make_chan<weft::unit>();
        const loopback_http::server site([=](std::string_view path) {
            if (path == "/slow") {
                never.recv();
            }
            return loopback_http::response{200, "here it is"};
        });
        std::printf("%s\n", fetch(site.address(), "/quick", 10'000ms).c_str());
        std::printf("%s\n", fetch(site.address(), "/slow", 20ms).c_str());
        never.close();
    });
}

// Output:
// here it is
// context deadline exceeded
