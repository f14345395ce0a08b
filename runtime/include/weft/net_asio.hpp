// What Boost.Asio's users expect at the end of a stream: Asio's own error. weft/net.hpp includes
// this wherever Asio is installed.
#pragma once

#include <weft/net.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

namespace weft::net {

template <>
struct end_of_stream<boost::system::error_code> {
    static boost::system::error_code error() noexcept {
        return boost::asio::error::make_error_code(boost::asio::error::eof);
    }
};

template <>
struct end_of_stream<std::error_code> {
    static std::error_code error() noexcept {
        return end_of_stream<boost::system::error_code>::error();
    }
};

}  // namespace weft::net
