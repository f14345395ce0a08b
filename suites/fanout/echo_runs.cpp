#include "suites/fanout/echo_runs.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <limits>
#include <random>

namespace suite::fanout {
namespace {

constexpr std::uint64_t timer_id = std::numeric_limits<std::uint64_t>::max();

}  // namespace

closed_loop::closed_loop(echo_connections& clients, std::uint64_t messages)
    : clients_(clients), messages_(messages), shares_(clients.size()), times_(messages) {
    for (std::size_t index = 0; index < shares_.size(); ++index) {
        shares_[index].before = clients_.sent(index);
        shares_[index].left =
            messages / shares_.size() + (index < messages % shares_.size() ? 1 : 0);
    }
}

void closed_loop::run() {
    const double cpu_before = thread_cpu_ns();
    const auto send_next = [&](std::size_t connection, std::int64_t now) {
        if (shares_[connection].left > 0) {
            --shares_[connection].left;
            shares_[connection].sent_at = now;
            clients_.send(connection);
        }
    };
    for (std::size_t index = 0; index < shares_.size(); ++index) {
        send_next(index, now_ns());
    }
    while (found_.count < messages_) {
        for (const epoll_event& event : clients_.events().wait()) {
            const std::size_t connection = event.data.u64;
            const std::uint64_t number = clients_.receive(connection);
            if (number == 0) {
                continue;
            }
            const std::int64_t now = now_ns();
            times_.add(now - shares_[connection].sent_at);
            found_.sum += number - shares_[connection].before;
            ++found_.count;
            send_next(connection, now);
        }
    }
    found_.figures["client_cpu_ns"] =
        (thread_cpu_ns() - cpu_before) / static_cast<double>(messages_);
}

load_report closed_loop::report() {
    add_figures(found_, times_);
    return found_;
}

open_loop::open_loop(echo_connections& clients, std::uint64_t messages, std::uint64_t per_second)
    : clients_(clients),
      timer_(require_success(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                             "timerfd_create")),
      times_(messages),
      lateness_(messages) {
    std::mt19937_64 random(messages);
    std::exponential_distribution<double> gap_ns(static_cast<double>(per_second) / 1e9);
    double at = 0;
    for (std::uint64_t message = 0; message < messages; ++message) {
        at += gap_ns(random);
        intended_.push_back(static_cast<std::int64_t>(at));
    }
    for (std::size_t index = 0; index < clients_.size(); ++index) {
        before_.push_back(clients_.sent(index));
    }
    clients_.events().watch(timer_.get(), timer_id);
}

void open_loop::run() {
    const double cpu_before = thread_cpu_ns();
    const std::int64_t start = now_ns();
    while (times_.count() < intended_.size()) {
        send_due(start);
        arm(start);
        for (const epoll_event& event : clients_.events().wait()) {
            if (event.data.u64 != timer_id) {
                receive(event.data.u64, start);
            }
        }
    }
    found_.figures["client_cpu_ns"] =
        (thread_cpu_ns() - cpu_before) / static_cast<double>(intended_.size());
}

void open_loop::send_due(std::int64_t start) {
    for (; next_ < intended_.size(); ++next_) {
        const std::int64_t late = now_ns() - start - intended_[next_];
        if (late < 0) {
            return;
        }
        lateness_.add(late);
        clients_.send(next_ % clients_.size());
    }
}

// Arming also makes the timer unreadable again; after the last message it stays so.
void open_loop::arm(std::int64_t start) const {
    constexpr std::int64_t second_ns = 1'000'000'000;
    itimerspec when{};
    if (next_ < intended_.size()) {
        const std::int64_t at = start + intended_[next_];
        when.it_value = {.tv_sec = at / second_ns, .tv_nsec = at % second_ns};
    }
    require_success(timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr),
                    "timerfd_settime");
}

void open_loop::receive(std::size_t connection, std::int64_t start) {
    const std::uint64_t number = clients_.receive(connection);
    if (number == 0) {
        return;
    }
    const std::uint64_t mine = number - before_[connection];
    times_.add(now_ns() - start - intended_[(mine - 1) * clients_.size() + connection]);
    found_.sum += mine;
    ++found_.count;
}

load_report open_loop::report() {
    add_figures(found_, times_);
    add_figures(found_, lateness_, "lateness_");
    return found_;
}

}  // namespace suite::fanout
