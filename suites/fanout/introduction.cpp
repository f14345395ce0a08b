#include "suites/fanout/introduction.hpp"

#include <ostream>
#include <random>
#include <string_view>

namespace suite::fanout {

std::string draw_token() {
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr int length = 32;
    std::random_device source;
    std::uniform_int_distribution<std::size_t> digit(0, digits.size() - 1);
    std::string token;
    for (int i = 0; i < length; ++i) {
        token += digits[digit(source)];
    }
    return token;
}

void introduce(std::ostream& out, std::uint16_t port, const std::string& token) {
    out << R"({"address": "127.0.0.1:)" << port << R"(", "token": ")" << token << "\"}"
        << std::endl;
}

}  // namespace suite::fanout
