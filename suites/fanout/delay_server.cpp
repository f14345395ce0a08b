// An HTTP/1.1 server that answers after a delay: GET /delay/<ms>?token=<token>.
//
// It listens on a loopback port of the system's choice, says on stdout where and with which token
// as one line of JSON, and ends when its stdin does. The token is drawn at start: a client that
// knows it talks to the server that its harness started and to no other.
#include <unistd.h>

#include <array>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "suites/fanout/introduction.hpp"
#include "suites/kit/descriptor_limit.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

constexpr std::string_view token_header = "Delay-Server-Token";
constexpr auto delay_max = std::chrono::minutes(1);
constexpr auto client_idle_max = std::chrono::minutes(2);

/// The target `/delay/<ms>?token=<token>`, taken apart.
struct delay_target {
    std::chrono::milliseconds delay{};
    std::string_view token;
};

std::optional<delay_target> parse_target(std::string_view target) {
    constexpr std::string_view path = "/delay/";
    constexpr std::string_view query = "?token=";
    if (!target.starts_with(path)) {
        return std::nullopt;
    }
    target.remove_prefix(path.size());
    const std::string_view digits = target.substr(0, target.find('?'));
    std::int64_t delay_ms = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), delay_ms);
    const std::chrono::milliseconds delay(delay_ms);
    if (error != std::errc{} || end != digits.data() + digits.size() || delay_ms < 0 ||
        delay > delay_max) {
        return std::nullopt;
    }
    target.remove_prefix(digits.size());
    return delay_target{delay, target.starts_with(query) ? target.substr(query.size()) : ""};
}

/// One connection: reads a request, waits, answers, and again unless the client asked to close.
/// It lives as long as an operation of its own is pending.
class session : public std::enable_shared_from_this<session> {
public:
    session(tcp::socket socket, const std::string& token)
        : stream_(std::move(socket)), timer_(stream_.get_executor()), token_(token) {}

    void read() {
        request_ = {};
        stream_.expires_after(client_idle_max);
        http::async_read(stream_, buffer_, request_,
                         [self = shared_from_this()](beast::error_code error, std::size_t) {
                             if (!error) {
                                 self->handle();
                             }
                         });
    }

private:
    void handle() {
        const auto text = request_.target();
        const auto target = parse_target({text.data(), text.size()});
        if (request_.method() != http::verb::get || !target) {
            answer(http::status::not_found, "GET /delay/<ms>?token=<token>\n");
        } else if (target->token != token_) {
            answer(http::status::forbidden, "this is another server than you think\n");
        } else {
            wait(target->delay);
        }
    }

    void wait(std::chrono::milliseconds delay) {
        stream_.expires_never();
        timer_.expires_after(delay);
        timer_.async_wait([self = shared_from_this(), delay](beast::error_code error) {
            if (!error) {
                self->answer(http::status::ok, "waited " + std::to_string(delay.count()) + " ms\n");
            }
        });
    }

    void answer(http::status status, std::string body) {
        response_ = {status, request_.version()};
        if (status == http::status::ok) {
            response_.set(beast::string_view(token_header.data(), token_header.size()), token_);
        }
        response_.set(http::field::content_type, "text/plain");
        response_.keep_alive(request_.keep_alive());
        response_.body() = std::move(body);
        response_.prepare_payload();
        stream_.expires_after(client_idle_max);
        http::async_write(stream_, response_,
                          [self = shared_from_this()](beast::error_code error, std::size_t) {
                              self->finish(error);
                          });
    }

    void finish(beast::error_code error) {
        if (!error && response_.keep_alive()) {
            read();
            return;
        }
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

    beast::tcp_stream stream_;
    asio::steady_timer timer_;
    beast::flat_buffer buffer_;
    http::request<http::empty_body> request_;
    http::response<http::string_body> response_;
    const std::string& token_;
};

class delay_server {
public:
    explicit delay_server(asio::io_context& context)
        : acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          retry_(context),
          token_(suite::fanout::draw_token()) {}

    void introduce(std::ostream& out) const {
        suite::fanout::introduce(out, acceptor_.local_endpoint().port(), token_);
    }

    void accept() {
        acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
            if (error) {
                accept_later();
                return;
            }
            socket.set_option(tcp::no_delay(true), error);
            std::make_shared<session>(std::move(socket), token_)->read();
            accept();
        });
    }

private:
    // Without a free descriptor every accept fails at once; connections that end give some back.
    void accept_later() {
        constexpr auto pause = std::chrono::milliseconds(10);
        retry_.expires_after(pause);
        retry_.async_wait([this](beast::error_code error) {
            if (!error) {
                accept();
            }
        });
    }

    tcp::acceptor acceptor_;
    asio::steady_timer retry_;
    std::string token_;
};

/// Stops the context at the end of `input`; what comes before is thrown away.
void stop_at_end_of(asio::posix::stream_descriptor& input, asio::io_context& context) {
    auto scratch = std::make_shared<std::array<char, 256>>();
    input.async_read_some(asio::buffer(*scratch),
                          [&input, &context, scratch](beast::error_code error, std::size_t) {
                              if (error) {
                                  context.stop();
                              } else {
                                  stop_at_end_of(input, context);
                              }
                          });
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 1) {
        std::cerr << argv[0] << ": takes no arguments; ends when its standard input does\n";
        return 2;
    }
    try {
        suite::raise_descriptor_limit();
        asio::io_context context(1);
        asio::posix::stream_descriptor input(context, ::dup(STDIN_FILENO));
        delay_server server(context);
        server.introduce(std::cout);
        server.accept();
        stop_at_end_of(input, context);
        context.run();
    } catch (const std::exception& error) {
        std::cerr << argv[0] << ": " << error.what() << '\n';
        return 1;
    }
    return 0;
}
