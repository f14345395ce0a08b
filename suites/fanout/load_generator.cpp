// The clients of fanout/echo, fanout/stall and fanout/churn: a process beside the contender's,
// whose server it puts under load from one thread that waits in epoll.
//
// It listens on a loopback port of the system's choice, says on stdout where and with which token
// as one line of JSON, does what contenders order one after the other, and ends when its stdin
// does.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <iostream>

#include "suites/fanout/introduction.hpp"
#include "suites/fanout/load_session.hpp"
#include "suites/fanout/poller.hpp"
#include "suites/kit/descriptor_limit.hpp"

namespace {

using suite::descriptor;

/// False once there is nobody left to serve. What comes on stdin says nothing: it only ends.
bool wait_for_contender(const descriptor& listening) {
    std::array<pollfd, 2> both{pollfd{listening.get(), POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
    while (::poll(both.data(), both.size(), -1) < 0 && errno == EINTR) {
    }
    return both[1].revents == 0;
}

void serve_contenders() {
    const descriptor listening = suite::fanout::listen_on_loopback();
    const std::string token = suite::fanout::draw_token();
    suite::fanout::introduce(std::cout, suite::fanout::port_of(listening), token);
    while (wait_for_contender(listening)) {
        descriptor control(suite::require_success(
            ::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept"));
        suite::fanout::load_session(std::move(control), token, STDIN_FILENO).serve();
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 1) {
        std::cerr << argv[0] << ": takes no arguments; ends when its standard input does\n";
        return 2;
    }
    try {
        suite::raise_descriptor_limit();
        serve_contenders();
    } catch (const std::exception& error) {
        std::cerr << argv[0] << ": " << error.what() << '\n';
        return 1;
    }
    return 0;
}
