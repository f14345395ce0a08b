// fanout/echo: a server of the contender's sends back what clients in another process send.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "suites/fanout/load_order.hpp"
#include "suites/fanout/task_server.hpp"
#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"

namespace suite::fanout {

inline constexpr std::size_t echo_bytes = 64;

/// Sends back what comes until the peer's end, and calls `before` each time in between.
template <byte_stream Stream, class Before>
void send_back(Stream& stream, Before before) {
    std::array<std::byte, echo_bytes> message;
    while (const std::size_t got = stream.read_some(std::span(message))) {
        before();
        write_all(stream, std::span<const std::byte>(message).first(got));
    }
}

/// A server and the clients that are connected to it, from one repetition to the next. `Way` has
/// `connect`, by which the load generator is talked to.
template <class Way, class Server>
class loaded_server {
public:
    using service = typename Server::service;

    loaded_server(const settings& run, std::int64_t connections, service each = {})
        : server_(std::move(each)), load_(with_cause(server_, [&] {
              return load_order(Way::connect(run.service.value()), *run.service, server_.port(),
                                connections);
          })) {}

    load_report run(meter& stopwatch, const std::string& order) {
        return with_cause(server_, [&] { return load_.run(stopwatch, order); });
    }
    std::uint64_t accepted() const { return server_.accepted(); }

private:
    Server server_;
    load_order<decltype(Way::connect(std::declval<const server&>()))> load_;
};

/// Throws wrong_result unless every message came back, to one connection each as it was dealt out.
inline std::uint64_t check_messages(const load_report& report, std::uint64_t messages,
                                    std::uint64_t connections, std::uint64_t accepted) {
    require_equal(accepted, connections, "connections that were accepted");
    require_equal(report.count, messages, "messages that came back");
    require_equal(report.sum, sum_of_numbers(messages, connections), "sum of their numbers");
    return report.sum;
}

/// `Server` is made from the settings and a number of clients, and runs what they are to do.
template <class Server>
class echo_of {
public:
    explicit echo_of(const settings& run)
        : messages_(static_cast<std::uint64_t>(run.operations)),
          connections_(run.number("connections", 1)),
          server_(run, connections_) {}

    std::uint64_t repeat(meter& stopwatch) {
        const load_report report = server_.run(stopwatch, "closed " + std::to_string(messages_));
        return check_messages(report, messages_, static_cast<std::uint64_t>(connections_),
                              server_.accepted());
    }

private:
    std::uint64_t messages_;
    std::int64_t connections_;
    Server server_;
};

struct echo_service {
    template <byte_stream Stream>
    void operator()(Stream& stream) const {
        send_back(stream, [] {});
    }
};

template <class C>
using echo = echo_of<loaded_server<C, task_server<C, echo_service>>>;

struct echo_workload {
    static constexpr std::array<std::string_view, 1> parameters{"connections"};
    static constexpr workload_info info{.id = "fanout/echo",
                                        .version = 1,
                                        .source = "suites/fanout/echo.hpp",
                                        .parameters = parameters,
                                        .needs_server = true};
    static constexpr std::array needs{capability::listeners, capability::tasks};
    template <class C>
    using body = echo<C>;
};

}  // namespace suite::fanout
