// Fetching URLs, and serving connections, with Asio's own sockets.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <string>
#include <system_error>

#include "adapter.hpp"
#include "coroutine_requests.hpp"
#include "coroutine_server.hpp"
#include "suites/fanout/churn.hpp"
#include "suites/fanout/urls.hpp"

namespace contender {

class coroutine_urls {
public:
    explicit coroutine_urls(const suite::settings& run)
        : answers_(run),
          endpoint_(asio::ip::make_address(answers_.peer().host), answers_.peer().port),
          request_(suite::fanout::http_request(answers_.peer(), answers_.target())),
          operations_(run.operations),
          fetch_all_(choose(run.text("mode"))) {}

    std::uint64_t repeat(suite::meter& stopwatch) { return run_to_end(measure(stopwatch)); }

private:
    using fetcher = task<> (coroutine_urls::*)();

    static fetcher choose(const std::string& mode) {
        if (mode == "sequential") {
            return &coroutine_urls::sequential;
        }
        if (mode == "all_at_once") {
            return &coroutine_urls::all_at_once;
        }
        if (mode == "pool") {
            return &coroutine_urls::pool;
        }
        throw suite::usage_error("mode is sequential, all_at_once or pool, not '" + mode + "'");
    }

    task<std::uint64_t> measure(suite::meter& stopwatch) {
        answers_.forget();
        stopwatch.start();
        for (std::int64_t time = 0; time < operations_; ++time) {
            co_await (this->*fetch_all_)();
        }
        stopwatch.stop();
        co_return answers_.check(operations_);
    }

    static void require_none(const error_code& error) {
        if (error) {
            throw std::system_error(error);
        }
    }

    /// One request, one answer, one connection.
    task<std::string> get() {
        tcp_socket connection(pool_of_run::get_executor());
        const auto [not_connected] = co_await connection.async_connect(endpoint_, as_result);
        require_none(not_connected);
        connection.set_option(tcp::no_delay(true));
        const auto [not_sent, sent] =
            co_await asio::async_write(connection, asio::buffer(request_), as_result);
        require_none(not_sent);
        std::string text;
        std::array<char, 1024> buffer;
        for (;;) {
            const auto [error, got] =
                co_await connection.async_read_some(asio::buffer(buffer), as_result);
            if (error == asio::error::eof) {
                co_return text;
            }
            require_none(error);
            text.append(buffer.data(), got);
        }
    }

    task<> fetch(std::size_t url) {
        // No exception may leave a task, so a failure becomes the URL's answer.
        try {
            const std::string text = co_await get();
            answers_.take(url, suite::fanout::parse_http_answer(text));
        } catch (const std::exception& error) {
            answers_.fail(url, error);
        }
    }

    task<> sequential() {
        for (std::size_t url = 0; url < answers_.size(); ++url) {
            co_await fetch(url);
        }
    }

    task<> all_at_once() {
        wait_group fetched;
        fetched.add(answers_.size());
        for (std::size_t url = 0; url < answers_.size(); ++url) {
            start(fetch_and_report(url, fetched));
        }
        co_await fetched.wait();
    }

    task<> fetch_and_report(std::size_t url, wait_group& fetched) {
        co_await queued();
        co_await fetch(url);
        fetched.done();
    }

    task<> pool() {
        channel queue(0);
        wait_group working;
        working.add(suite::fanout::pool_size);
        for (int worker = 0; worker < suite::fanout::pool_size; ++worker) {
            start(fetch_from(queue, working));
        }
        for (std::size_t url = 0; url < answers_.size(); ++url) {
            co_await queue.send(url);
        }
        for (int worker = 0; worker < suite::fanout::pool_size; ++worker) {
            co_await queue.send_end();
        }
        co_await working.wait();
    }

    task<> fetch_from(channel queue, wait_group& working) {
        co_await queued();
        for (;;) {
            const auto [end, url] = co_await queue.receive();
            if (end) {
                break;
            }
            co_await fetch(url);
        }
        working.done();
    }

    suite::fanout::url_answers answers_;
    tcp::endpoint endpoint_;
    std::string request_;
    std::int64_t operations_;
    fetcher fetch_all_;
};

/// What is the same in all of the servers: where the form stands.
struct server_idiom {
    static constexpr std::string_view source = "baselines/asio/coroutine_server.hpp";
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::asio_coroutines, fanout::urls_workload> {
    using body = contender::coroutine_urls;
    static constexpr std::string_view source = "baselines/asio/fanout_idioms.hpp";
};

template <>
struct idiom<contender::asio_coroutines, fanout::request_workload> {
    using body = contender::coroutine_requests<contender::request_in_strand>;
    static constexpr std::string_view source = "baselines/asio/coroutine_requests.hpp";
};

template <>
struct idiom<contender::asio_coroutines, fanout::echo_workload> : contender::server_idiom {
    using body = fanout::echo_of<contender::loaded_coroutine_server<contender::echo_coroutine>>;
};

template <>
struct idiom<contender::asio_coroutines, fanout::stall_workload> : contender::server_idiom {
    using body =
        fanout::stall_of<contender::loaded_coroutine_server<contender::stalling_coroutine>>;
};

template <>
struct idiom<contender::asio_coroutines, fanout::churn_workload> : contender::server_idiom {
    using body = fanout::churn_of<contender::loaded_coroutine_server<contender::end_at_once>>;
};

}  // namespace suite
