#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "suites/fanout/http_get.hpp"

extern char** environ;

namespace suite::fanout {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// A delay server of its own, which ends when its standard input is closed.
class delay_server : public ::testing::Test {
protected:
    void SetUp() override {
        std::array<int, 2> input{};
        std::array<int, 2> output{};
        ASSERT_EQ(pipe2(input.data(), O_CLOEXEC), 0);
        ASSERT_EQ(pipe2(output.data(), O_CLOEXEC), 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
        std::array<char*, 2> words{const_cast<char*>(DELAY_SERVER_PROGRAM), nullptr};
        ASSERT_EQ(posix_spawn(&process_, words[0], &actions, nullptr, words.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(input[0]);
        ::close(output[1]);
        stdin_ = input[1];
        read_introduction(output[0]);
        ::close(output[0]);
    }

    void TearDown() override {
        if (process_ != 0) {
            EXPECT_EQ(end(), 0);
        }
    }

    /// Closes the server's standard input and waits for its exit status.
    int end() {
        ::close(stdin_);
        int status = 0;
        waitpid(std::exchange(process_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

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

    server peer_;

private:
    void read_introduction(int output) {
        std::string line;
        for (char byte = 0; ::read(output, &byte, 1) == 1 && byte != '\n';) {
            line += byte;
        }
        const auto introduction = nlohmann::json::parse(line);
        const std::string address = introduction["address"];
        const auto colon = address.rfind(':');
        peer_ = {address.substr(0, colon),
                 static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))),
                 introduction["token"]};
    }

    asio::io_context context_;
    pid_t process_ = 0;
    int stdin_ = -1;
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
