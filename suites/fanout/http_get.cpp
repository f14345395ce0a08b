#include "suites/fanout/http_get.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace suite::fanout {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::string_view version = "HTTP/1.1 ";

bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

std::size_t to_number(std::string_view text, const char* what) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::runtime_error(std::string("the answer's ") + what + " is no number");
    }
    return value;
}

}  // namespace

std::string http_request(const server& peer, std::string_view target) {
    std::string text = "GET ";
    text += target;
    text += " HTTP/1.1\r\nHost: " + peer.host + ':' + std::to_string(peer.port);
    text += "\r\nConnection: close\r\n\r\n";
    return text;
}

std::string_view http_answer::header(std::string_view name) const {
    for (std::string_view rest = head; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find(line_end));
        rest.remove_prefix(std::min(rest.size(), line.size() + line_end.size()));
        const auto colon = line.find(':');
        if (colon != std::string_view::npos && same_word(line.substr(0, colon), name)) {
            const auto value = line.find_first_not_of(' ', colon + 1);
            return value == std::string_view::npos ? std::string_view{} : line.substr(value);
        }
    }
    return {};
}

http_answer parse_http_answer(const std::string& text) {
    const auto end = text.find(head_end);
    if (!text.starts_with(version) || end == std::string::npos) {
        throw std::runtime_error("the answer is not HTTP/1.1 or was cut off");
    }
    http_answer answer;
    constexpr std::size_t status_digits = 3;
    const std::string_view status = std::string_view(text).substr(version.size(), status_digits);
    answer.status = static_cast<int>(to_number(status, "status"));
    answer.head = text.substr(0, end);
    answer.body = text.substr(end + head_end.size());
    if (to_number(answer.header("Content-Length"), "Content-Length") != answer.body.size()) {
        throw std::runtime_error("the answer's body was cut off");
    }
    return answer;
}

}  // namespace suite::fanout
