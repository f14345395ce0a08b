// What the tests of sockets share: descriptors that are counted, and two ends of a connection.
#pragma once

#include "sched/at_procs.hpp"

#include <weft/net.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace weft::net {

inline std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

inline void write_all(stream& to, std::span<const std::byte> from) {
    while (!from.empty()) {
        from = from.subspan(to.write_some(from));
    }
}

inline void write_text(stream& to, std::string_view text) {
    write_all(to, std::as_bytes(std::span(text)));
}

/// Reads `size` bytes, or less at the end of the stream.
inline std::string read_text(stream& from, std::size_t size) {
    std::string text(size, '\0');
    std::size_t got = 0;
    while (got < size) {
        const std::size_t n = from.read_some(std::as_writable_bytes(std::span(text)).subspan(got));
        if (n == 0) {
            break;
        }
        got += n;
    }
    text.resize(got);
    return text;
}

/// That no other test process has.
inline std::string unique_name() {
    return "weft_" + std::to_string(std::random_device()());
}

struct connected_pair {
    explicit connected_pair(std::string_view address = "127.0.0.1:0") {
        listener at = listener::listen(address);
        wait_group dialled;
        dialled.go([&] { one = stream::dial(background(), at.local_address()); });
        other = at.accept();
        dialled.wait();
    }
    stream one;
    stream other;
};

/// Runs a body at several numbers of processors, and finds no more descriptors open afterwards.
class net_at_procs : public sched::at_procs {
protected:
    template <std::invocable F>
    void in_run(F body) {
        const std::size_t before = open_descriptors();
        sched::at_procs::in_run(std::move(body));
        EXPECT_EQ(open_descriptors(), before);
    }
};

}  // namespace weft::net
