// The stream as Boost.Asio's and Boost.Beast's users see it.
#include <weft/weft.hpp>

#include <weft/net.hpp>

#include "net/connections.hpp"

#include <gtest/gtest.h>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <chrono>
#include <string>

namespace weft::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost_error = boost::system::error_code;

static_assert(beast::is_sync_read_stream<stream>::value);
static_assert(beast::is_sync_write_stream<stream>::value);

TEST(net_asio, buffer_sequences_are_scattered_and_gathered) {
    run([] {
        connected_pair pair;
        const std::string head = "head ";
        const std::string none;
        const std::string tail = "tail";
        const std::array<asio::const_buffer, 3> from{asio::buffer(head), asio::buffer(none),
                                                     asio::buffer(tail)};
        EXPECT_EQ(asio::write(pair.one, from), 9U);
        std::array<char, 3> first{};
        std::array<char, 6> second{};
        const std::array<asio::mutable_buffer, 2> into{asio::buffer(first), asio::buffer(second)};
        EXPECT_EQ(asio::read(pair.other, into), 9U);
        EXPECT_EQ(std::string(first.data(), 3) + std::string(second.data(), 6), "head tail");
    });
}

TEST(net_asio, errors_are_those_of_asio) {
    run([] {
        connected_pair pair;
        std::array<char, 8> place{};
        boost_error ec;
        pair.one.read_some(asio::mutable_buffer(place.data(), 0), ec);
        EXPECT_FALSE(ec);

        pair.one.set_read_deadline(now());
        pair.one.read_some(asio::buffer(place), ec);
        EXPECT_EQ(ec, boost::system::errc::timed_out);
        pair.one.set_read_deadline(time_point{});

        pair.other.close();
        pair.one.read_some(asio::buffer(place), ec);
        EXPECT_EQ(ec, asio::error::eof);
        std::error_code standard;
        pair.one.read_some(asio::buffer(place), standard);
        EXPECT_EQ(standard, std::error_code(boost_error(asio::error::eof)));
        EXPECT_THROW(pair.one.read_some(asio::buffer(place)), std::system_error);

        wait_group closed;
        connected_pair waiting;
        closed.go([&] {
            boost_error mine;
            waiting.one.read_some(asio::buffer(place), mine);
            EXPECT_EQ(mine, asio::error::operation_aborted);
        });
        yield();
        waiting.one.close();
        closed.wait();
    });
}

}  // namespace
}  // namespace weft::net
