#include "suites/fanout/load_session.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <sstream>
#include <stdexcept>

#include "suites/fanout/churn_run.hpp"
#include "suites/fanout/echo_runs.hpp"
#include "suites/kit/errors.hpp"
#include "suites/kit/exit_status.hpp"

namespace suite::fanout {
namespace {

std::unique_ptr<load_run> make_run(const std::string& order, std::uint16_t port,
                                   echo_connections& clients) {
    std::istringstream words(order);
    std::string kind;
    std::uint64_t count = 0;
    std::uint64_t more = 0;
    words >> kind >> count;
    if (kind == "closed" && words) {
        return std::make_unique<closed_loop>(clients, count);
    }
    words >> more;
    if (kind == "open" && words) {
        return std::make_unique<open_loop>(clients, count, more);
    }
    if (kind == "churn" && words) {
        return std::make_unique<churn_run>(port, count, more);
    }
    throw std::runtime_error("no such order: " + order);
}

}  // namespace

load_session::load_session(descriptor control, std::string token, int end)
    : control_(std::move(control)), token_(std::move(token)), end_(end) {
    send_at_once(control_);
}

void load_session::serve() {
    try {
        converse();
    } catch (const wrong_result& error) {
        say(std::string("wrong ") + error.what());
    } catch (const std::system_error& error) {
        say((is_refusal(error.code()) ? "refused " : "failed ") + std::string(error.what()));
    } catch (const std::exception& error) {
        say(std::string("failed ") + error.what());
    }
}

void load_session::converse() {
    std::istringstream hello(hear().value_or(""));
    std::string token;
    std::uint16_t port = 0;
    std::size_t connections = 0;
    hello >> token >> port >> connections;
    if (!hello || token != token_) {
        throw std::runtime_error("this is another load generator than you think");
    }
    echo_connections clients(port, connections);
    say("ready");
    while (const auto order = hear()) {
        const auto run = make_run(*order, port, clients);
        say("prepared");
        if (hear() != "start") {
            throw std::runtime_error("the order was not followed by start");
        }
        run->run();
        say("ended");
        say(to_line(run->report()));
    }
}

// A contender that has gone notices nothing, and its end is seen at the next reading.
void load_session::say(const std::string& words) {
    const std::string line = words + '\n';
    ::send(control_.get(), line.data(), line.size(), MSG_NOSIGNAL);
}

std::optional<std::string> load_session::hear() {
    for (;;) {
        const auto end = heard_.find('\n');
        if (end != std::string::npos) {
            std::string line = heard_.substr(0, end);
            heard_.erase(0, end + 1);
            return line;
        }
        std::array<char, 256> buffer;
        if (!wait_for_words()) {
            return std::nullopt;
        }
        const ssize_t got = ::recv(control_.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            return std::nullopt;
        }
        heard_.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

bool load_session::wait_for_words() const {
    std::array<pollfd, 2> both{pollfd{control_.get(), POLLIN, 0}, pollfd{end_, POLLIN, 0}};
    while (::poll(both.data(), both.size(), -1) < 0 && errno == EINTR) {
    }
    return both[1].revents == 0;
}

}  // namespace suite::fanout
