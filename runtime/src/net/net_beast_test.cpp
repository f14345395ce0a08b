// HTTP as Boost.Beast speaks it, with the stream where its users put a socket.
#include "net/connections.hpp"

#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <atomic>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace weft::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost_error = boost::system::error_code;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

INSTANTIATE_TEST_SUITE_P(, net_at_procs, sched::processor_counts);

/// Answers every request of every connection; chunked where it was asked by chunks.
class server {
public:
    using handler = std::function<std::string(const request&)>;

    explicit server(handler answer) : answer_(std::move(answer)) {
        accepting_.go([this] {
            std::error_code closed;
            for (stream peer = at_.accept(closed); !closed; peer = at_.accept(closed)) {
                connections_.go([this, peer = std::move(peer)]() mutable { serve(peer); });
            }
        });
    }
    ~server() {
        at_.close();
        accepting_.wait();
        connections_.wait();
    }
    std::string address() const { return at_.local_address(); }
    int connections() const { return accepted_; }

private:
    void serve(stream& peer) {
        ++accepted_;
        beast::flat_buffer buffer;
        for (bool again = true; again;) {
            request asked;
            boost_error ec;
            http::read(peer, buffer, asked, ec);
            if (ec == http::error::end_of_stream) {
                return;
            }
            ASSERT_FALSE(ec) << ec.message();
            response reply(http::status::ok, asked.version());
            reply.keep_alive(asked.keep_alive());
            reply.body() = answer_(asked);
            if (asked.chunked()) {
                reply.chunked(true);
            } else {
                reply.prepare_payload();
            }
            http::write(peer, reply, ec);
            again = !ec && reply.keep_alive();  // a client that gave up is no mistake
        }
        boost_error gone;
        peer.shutdown(shutdown_type::send, gone);
    }

    handler answer_;
    listener at_ = listener::listen("127.0.0.1:0");
    std::atomic<int> accepted_{0};
    wait_group accepting_;
    wait_group connections_;
};

/// A client's end of a connection, which it keeps for many requests.
class client {
public:
    explicit client(const server& to) : connection_(stream::dial(background(), to.address())) {}

    response ask(request asked) {
        asked.set(http::field::host, "localhost");
        http::write(connection_, asked);
        response reply;
        http::read(connection_, buffer_, reply);
        return reply;
    }
    response get(const std::string& target) { return ask(request(http::verb::get, target, 11)); }
    response post(const std::string& target, std::string body) {
        request asked(http::verb::post, target, 11, std::move(body));
        asked.chunked(true);
        return ask(std::move(asked));
    }
    stream& connection() { return connection_; }

private:
    stream connection_;
    beast::flat_buffer buffer_;
};

std::string echo(const request& asked) {
    return std::string(asked.method_string()) + " " + std::string(asked.target()) + " " +
           asked.body();
}

TEST_P(net_at_procs, gets_and_chunked_posts_share_a_connection) {
    in_run([] {
        const server site(echo);
        client visitor(site);
        for (int round = 0; round < 10; ++round) {
            const std::string target = "/" + std::to_string(round);
            const response got = visitor.get(target);
            EXPECT_EQ(got.result(), http::status::ok);
            EXPECT_FALSE(got.chunked());
            EXPECT_EQ(got.body(), "GET " + target + " ");
            const response posted = visitor.post(target, "some words");
            EXPECT_TRUE(posted.chunked());
            EXPECT_EQ(posted.body(), "POST " + target + " some words");
        }
        EXPECT_EQ(site.connections(), 1);
    });
}

TEST_P(net_at_procs, bodies_larger_than_the_system_s_buffers_arrive_whole) {
    in_run([] {
        const server site([](const request& asked) { return asked.body(); });
        client visitor(site);
        std::string body(900'000, ' ');
        for (std::size_t i = 0; i < body.size(); ++i) {
            body[i] = static_cast<char>('a' + i % 23);
        }
        EXPECT_EQ(visitor.post("/", body).body(), body);
    });
}

TEST_P(net_at_procs, who_wants_the_connection_closed_gets_its_answer_first) {
    in_run([] {
        const server site(echo);
        client visitor(site);
        request last(http::verb::get, "/last", 11);
        last.keep_alive(false);
        const response reply = visitor.ask(last);
        EXPECT_FALSE(reply.keep_alive());
        EXPECT_EQ(reply.body(), "GET /last ");
        beast::flat_buffer buffer;
        response more;
        boost_error ec;
        http::read(visitor.connection(), buffer, more, ec);
        EXPECT_EQ(ec, http::error::end_of_stream);
    });
}

TEST_P(net_at_procs, many_speak_http_at_the_same_time) {
    in_run([] {
        const server site(echo);
        wait_group visitors;
        for (int id = 0; id < 16; ++id) {
            visitors.go([&site, id] {
                client visitor(site);
                for (int round = 0; round < sched::repeated(20); ++round) {
                    const std::string own = std::to_string(id) + "." + std::to_string(round);
                    EXPECT_EQ(visitor.post("/", own).body(), "POST / " + own);
                    EXPECT_EQ(visitor.get("/" + own).body(), "GET /" + own + " ");
                }
            });
        }
        visitors.wait();
        EXPECT_EQ(site.connections(), 16);
    });
}

TEST_P(net_at_procs, a_deadline_ends_the_wait_for_an_answer) {
    in_run([] {
        const auto never = make_chan<unit>();
        {
            const server site([never](const request& asked) {
                if (asked.target() == "/slow") {
                    never.recv();
                }
                return echo(asked);
            });
            client visitor(site);
            EXPECT_EQ(visitor.get("/quick").body(), "GET /quick ");

            http::write(visitor.connection(), request(http::verb::get, "/slow", 11));
            constexpr auto patience = std::chrono::milliseconds(5);
            const time_point start = now();
            visitor.connection().set_read_deadline(start + patience);
            beast::flat_buffer buffer;
            response reply;
            boost_error ec;
            http::read(visitor.connection(), buffer, reply, ec);
            EXPECT_EQ(ec, boost::system::errc::timed_out);
            EXPECT_GE(now() - start, patience);

            // Late is not lost: without the deadline the answer still comes.
            visitor.connection().set_read_deadline(time_point{});
            never.close();
            http::read(visitor.connection(), buffer, reply, ec);
            EXPECT_FALSE(ec) << ec.message();
            EXPECT_EQ(reply.body(), "GET /slow ");
        }
    });
}

TEST_P(net_at_procs, a_context_ends_the_wait_for_an_answer) {
    in_run([] {
        const auto never = make_chan<unit>();
        const server site([never](const request&) {
            never.recv();
            return std::string();
        });
        client visitor(site);
        http::write(visitor.connection(), request(http::verb::get, "/", 11));
        {
            auto [ctx, cancel] = with_cancel(background());
            wait_group closed;
            closed.add(1);
            after_func(ctx, [&] {
                visitor.connection().close();
                closed.done();
            });
            go([stop = std::move(cancel)] { stop(); });
            beast::flat_buffer buffer;
            response reply;
            boost_error ec;
            http::read(visitor.connection(), buffer, reply, ec);
            EXPECT_EQ(ec, boost::asio::error::operation_aborted);
            closed.wait();
        }
        never.close();
    });
}

}  // namespace
}  // namespace weft::net
