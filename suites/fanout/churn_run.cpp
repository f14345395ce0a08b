#include "suites/fanout/churn_run.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "suites/kit/errors.hpp"

namespace suite::fanout {

churn_run::churn_run(std::uint16_t port, std::uint64_t connections, std::size_t at_once)
    : address_(loopback_address(port)),
      total_(connections),
      clients_(std::min<std::uint64_t>(at_once, connections)),
      times_(connections) {}

void churn_run::run() {
    const double cpu_before = thread_cpu_ns();
    for (std::size_t index = 0; index < clients_.size(); ++index) {
        connect(index);
    }
    while (found_.count < total_) {
        for (const epoll_event& event : events_.wait()) {
            take_end(event.data.u64);
        }
    }
    found_.figures["client_cpu_ns"] = (thread_cpu_ns() - cpu_before) / static_cast<double>(total_);
}

void churn_run::connect(std::size_t index) {
    client& mine = clients_[index];
    mine.socket = descriptor(require_success(
        ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
    mine.number = ++started_;
    mine.began = now_ns();
    if (::connect(mine.socket.get(), reinterpret_cast<const sockaddr*>(&address_),
                  sizeof address_) != 0 &&
        errno != EINPROGRESS) {
        require_success(-1, "connect");
    }
    events_.watch(mine.socket.get(), index);
}

void churn_run::take_end(std::size_t index) {
    client& mine = clients_[index];
    char byte = 0;
    if (require_success(::recv(mine.socket.get(), &byte, 1, 0), "recv") != 0) {
        throw wrong_result("a connection that was only to be ended had something sent on it");
    }
    times_.add(now_ns() - mine.began);
    found_.sum += mine.number;
    ++found_.count;
    mine.socket.close();
    if (started_ < total_) {
        connect(index);
    }
}

load_report churn_run::report() {
    add_figures(found_, times_);
    return found_;
}

}  // namespace suite::fanout
