// A goroutine for each address; each sends what it has found, error or not, so that as many answers
// come as questions were asked.
#include "loopback_http.hpp"

#include <cstdio>
#include <string>
#include <system_error>
#include <weft/weft.hpp>

std::string status_of(const std::string& address, const std::string& path) {
    try {
        const auto got = loopback_http::get(weft::background(), address, path);
        return path + ": " + std::to_string(got.status);
    } catch (const std::system_error& error) {
        return path + ": " + error.code().message();
    }
}

int main() {
    return weft::run([] {
        const loopback_http::server site([](std::string_view path) {
            return loopback_http::response{path == "/missing" ? 404 : 200, ""};
        });
        auto nobody = weft::net::listener::listen("127.0.0.1:0");
        nobody.close();

        const auto answers = weft::make_chan<std::string>();
        weft::go([=, to = site.address()] { answers.send(status_of(to, "/")); });
        weft::go([=, to = site.address()] { answers.send(status_of(to, "/missing")); });
        weft::go([=, to = nobody.local_address()] { answers.send(status_of(to, "/nowhere")); });
        for (int answer = 0; answer < 3; ++answer) {
            std::printf("%s\n", answers.recv()->c_str());
        }
    });
}

// Unordered output:
// /: 200
// /missing: 404
// /nowhere: Connection refused
