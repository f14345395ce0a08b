#include "net/address.hpp"

#include <weft/net.hpp>

#include <gtest/gtest.h>
#include <string>

namespace weft::net {
namespace {

TEST(address, forms_are_read_and_written_alike) {
    for (const char* text : {"127.0.0.1:8080", "0.0.0.0:0", "[::1]:65535", "[fe80::1%2]:80",
                             "unix:/some/path", "unix:relative", "unix:@abstract"}) {
        const auto parsed = parse_address(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(format_address(*parsed), text);
    }
}

TEST(address, malformed_ones_are_invalid_arguments) {
    const std::string long_path = "unix:/" + std::string(200, 'x');
    const std::string zero_inside("unix:/a\0b", 9);
    const std::string zero_in_host("127.0.0.1\0:80", 13);
    for (const std::string& text :
         {std::string(), std::string("127.0.0.1"), std::string("127.0.0.1:"), std::string(":80"),
          std::string("127.0.0.1:65536"), std::string("127.0.0.1:-1"), std::string("127.0.0.1:8x"),
          std::string("127.0.0.256:80"), std::string("localhost:80"), std::string("::1:80"),
          std::string("[::1]"), std::string("[::1:80"), std::string("[::g]:80"),
          std::string("[fe80::1%lo]:80"), std::string("[]:80"), std::string("unix:"), long_path,
          zero_inside, zero_in_host}) {
        std::error_code ec;
        EXPECT_FALSE(listener::listen(text, ec).is_open());
        EXPECT_EQ(ec, std::errc::invalid_argument) << text;
        EXPECT_FALSE(stream::dial(background(), text, ec).is_open());
        EXPECT_EQ(ec, std::errc::invalid_argument) << text;
    }
}

}  // namespace
}  // namespace weft::net
