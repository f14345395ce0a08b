#include "epoll_fetch.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "suites/kit/descriptor.hpp"

namespace floors {
namespace {

using suite::descriptor;
using suite::require_success;

/// One fetch: connecting and writing the request until it is out, then reading until the end.
struct connection {
    descriptor socket;
    std::size_t url = 0;
    std::size_t written = 0;
    std::string answer;
};

class fetcher {
public:
    fetcher(suite::fanout::url_answers& answers, std::size_t at_once)
        : answers_(answers),
          request_(suite::fanout::http_request(answers.peer(), answers.target())),
          poll_(require_success(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
          connections_(std::min(at_once, answers.size())) {
        address_.sin_family = AF_INET;
        address_.sin_port = htons(answers.peer().port);
        if (inet_pton(AF_INET, answers.peer().host.c_str(), &address_.sin_addr) != 1) {
            throw suite::usage_error("--server wants a numeric IPv4 address");
        }
    }

    void fetch_all() {
        for (std::size_t index = 0; index < connections_.size(); ++index) {
            start_next(index);
        }
        std::array<epoll_event, 128> events;
        while (done_ < answers_.size()) {
            const int ready = epoll_wait(poll_.get(), events.data(), events.size(), -1);
            if (ready < 0 && errno != EINTR) {
                require_success(ready, "epoll_wait");
            }
            for (int event = 0; event < ready; ++event) {
                advance(events[static_cast<std::size_t>(event)].data.u64);
            }
        }
    }

private:
    void start_next(std::size_t index) {
        connection& mine = connections_[index];
        mine = {};
        if (started_ == answers_.size()) {
            return;
        }
        mine.url = started_++;
        mine.socket = descriptor(require_success(
            ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
        if (::connect(mine.socket.get(), reinterpret_cast<sockaddr*>(&address_), sizeof address_) !=
                0 &&
            errno != EINPROGRESS) {
            require_success(-1, "connect");
        }
        watch(EPOLL_CTL_ADD, index, EPOLLOUT);
    }

    void watch(int operation, std::size_t index, std::uint32_t what) {
        epoll_event event{};
        event.events = what;
        event.data.u64 = index;
        require_success(epoll_ctl(poll_.get(), operation, connections_[index].socket.get(), &event),
                        "epoll_ctl");
    }

    void advance(std::size_t index) {
        connection& mine = connections_[index];
        if (mine.written < request_.size()) {
            mine.written += static_cast<std::size_t>(
                require_success(::send(mine.socket.get(), request_.data() + mine.written,
                                       request_.size() - mine.written, MSG_NOSIGNAL),
                                "send"));
            if (mine.written == request_.size()) {
                watch(EPOLL_CTL_MOD, index, EPOLLIN);
            }
            return;
        }
        std::array<char, 1024> buffer;
        const long got =
            require_success(::recv(mine.socket.get(), buffer.data(), buffer.size(), 0), "recv");
        mine.answer.append(buffer.data(), static_cast<std::size_t>(got));
        if (got == 0) {
            answers_.take(mine.url, suite::fanout::parse_http_answer(mine.answer));
            ++done_;
            start_next(index);
        }
    }

    suite::fanout::url_answers& answers_;
    std::string request_;
    sockaddr_in address_{};
    descriptor poll_;
    std::vector<connection> connections_;
    std::size_t started_ = 0;
    std::size_t done_ = 0;
};

}  // namespace

void epoll_fetch(suite::fanout::url_answers& answers, std::size_t at_once) {
    fetcher(answers, at_once).fetch_all();
}

}  // namespace floors
