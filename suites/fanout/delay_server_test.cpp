#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "suites/fanout/http_get.hpp"
#include "suites/fanout/service_process.hpp"

namespace suite::fanout {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// A delay server of its own, which ends when its standard input is closed.
class delay_server : public ::testing::Test {
protected:
    void TearDown() override { EXPECT_EQ(process_.end(), 0); }

    int end() { return process_.end(); }

    tcp::socket connect() {
        tcp::socket socket(context_);
        socket.connect({asio::ip::make_address(peer_.host), peer_.port});
        return socket;
    }

    static void ask(tcp::socket& socket, const std::string& request) {
        asio::write(socket, asio::buffer(request));
    }

    static http_answer answer(tcp::socket& socket) {
        std::string text;
        boost::system::error_code error;
        asio::read(socket, asio::dynamic_buffer(text), error);
        return parse_http_answer(text);
    }

    http_answer get(const std::string& target) {
        tcp::socket socket = connect();
        ask(socket, http_request(peer_, target));
        return answer(socket);
    }

    std::string target(int delay_ms) const {
        return "/delay/" + std::to_string(delay_ms) + "?token=" + peer_.token;
    }

private:
    testing::service_process process_{DELAY_SERVER_PROGRAM};

protected:
    const server peer_ = process_.peer();

private:
    asio::io_context context_;
};

TEST_F(delay_server, AnswersAfterTheDelayWithItsToken) {
    const auto begin = std::chrono::steady_clock::now();
    const http_answer got = get(target(30));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(30));
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.header("Delay-Server-Token"), peer_.token);
    EXPECT_EQ(got.body, "waited 30 ms\n");
}

TEST_F(delay_server, RefusesAWrongOrMissingToken) {
    for (const std::string target : {"/delay/1?token=wrong", "/delay/1", "/delay/1?token="}) {
        const http_answer got = get(target);
        EXPECT_EQ(got.status, 403) << target;
        EXPECT_EQ(got.header("Delay-Server-Token"), "") << target;
    }
}

TEST_F(delay_server, KnowsNoOtherTarget) {
    for (const std::string target :
         {"/", "/delay/", "/delay/x?token=t", "/delay/-1?token=t", "/delay/9999999999?token=t"}) {
        EXPECT_EQ(get(target).status, 404) << target;
    }
}

TEST_F(delay_server, KeepsAConnectionThatDoesNotAskForItsEnd) {
    tcp::socket socket = connect();
    const std::string kept = "GET " + target(0) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    ask(socket, kept + kept + http_request(peer_, target(0)));
    std::string text;
    boost::system::error_code error;
    asio::read(socket, asio::dynamic_buffer(text), error);
    int answers = 0;
    for (auto at = text.find("200 OK"); at != std::string::npos; at = text.find("200 OK", at + 1)) {
        ++answers;
    }
    EXPECT_EQ(answers, 3);
}

TEST_F(delay_server, WaitsForAThousandConnectionsAtOnce) {
    constexpr int connections = 1000;
    constexpr int delay_ms = 300;
    const auto begin = std::chrono::steady_clock::now();
    std::vector<tcp::socket> sockets;
    for (int connection = 0; connection < connections; ++connection) {
        sockets.push_back(connect());
        ask(sockets.back(), http_request(peer_, target(delay_ms)));
    }
    for (tcp::socket& socket : sockets) {
        EXPECT_EQ(answer(socket).status, 200);
    }
    // One after the other would take five minutes.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1));
}

TEST_F(delay_server, EndsWithItsStandardInputThoughAConnectionIsOpen) {
    tcp::socket socket = connect();
    ask(socket, http_request(peer_, target(50'000)));
    EXPECT_EQ(end(), 0);
}

}  // namespace
}  // namespace suite::fanout
