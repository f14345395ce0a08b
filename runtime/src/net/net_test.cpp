// Connections and what goes through them.
#include "net/connections.hpp"

#include <gtest/gtest.h>
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace weft::net {
namespace {

INSTANTIATE_TEST_SUITE_P(, net_at_procs, sched::processor_counts);

void echo_until_end(stream connection) {
    std::array<std::byte, 4096> buffer;
    std::error_code ec;
    while (const std::size_t n = connection.read_some(buffer, ec)) {
        write_all(connection, std::span(buffer).first(n));
    }
}

TEST_P(net_at_procs, echo_over_every_kind_of_address) {
    in_run([] {
        const std::string path = testing::TempDir() + unique_name();
        for (const std::string& address : {std::string("127.0.0.1:0"), std::string("[::1]:0"),
                                           "unix:" + path, "unix:@" + unique_name()}) {
            std::error_code ec;
            listener at = listener::listen(address, ec);
            if (ec == std::errc::address_not_available ||
                ec == std::errc::address_family_not_supported) {
                continue;  // a machine without IPv6
            }
            ASSERT_FALSE(ec) << address << ": " << ec.message();
            wait_group served;
            served.go([&] { echo_until_end(at.accept()); });
            stream connection = stream::dial(background(), at.local_address());
            EXPECT_EQ(connection.peer_address(), at.local_address());
            for (int round = 0; round < 100; ++round) {
                write_text(connection, "ping");
                EXPECT_EQ(read_text(connection, 4), "ping");
            }
            connection.close();
            served.wait();
        }
        EXPECT_FALSE(std::filesystem::exists(path));
    });
}

TEST_P(net_at_procs, many_connections_each_get_their_own_bytes) {
    in_run([] {
        constexpr int connections = 200;
        constexpr int rounds = 20;
        listener at = listener::listen("127.0.0.1:0");
        wait_group served;
        wait_group accepters;
        for (int i = 0; i < 4; ++i) {  // several accept at once
            accepters.go([&] {
                std::error_code ec;
                while (true) {
                    stream next = at.accept(ec);
                    if (ec) {
                        EXPECT_EQ(ec, std::errc::operation_canceled);
                        return;
                    }
                    served.go([connection = std::move(next)]() mutable {
                        echo_until_end(std::move(connection));
                    });
                }
            });
        }
        wait_group clients;
        for (int i = 0; i < connections; ++i) {
            clients.go([&, i] {
                stream connection = stream::dial(background(), at.local_address());
                for (int round = 0; round < rounds; ++round) {
                    const std::string cookie =
                        std::to_string(i) + ":" + std::to_string(round) + ";";
                    write_text(connection, cookie);
                    ASSERT_EQ(read_text(connection, cookie.size()), cookie);
                }
            });
        }
        clients.wait();
        at.close();
        accepters.wait();
        served.wait();
    });
}

TEST_P(net_at_procs, large_transfer_waits_for_room_and_arrives_whole) {
    in_run([] {
        constexpr std::size_t words = 2 << 20;
        connected_pair pair;
        wait_group sent;
        sent.go([&] {
            std::vector<std::uint32_t> numbers(words);
            std::iota(numbers.begin(), numbers.end(), 0U);
            write_all(pair.one, std::as_bytes(std::span(numbers)));
            pair.one.shutdown(shutdown_type::send);
        });
        std::vector<std::uint32_t> got(words);
        const std::span<std::byte> bytes = std::as_writable_bytes(std::span(got));
        std::size_t size = 0;
        while (const std::size_t n = pair.other.read_some(bytes.subspan(size))) {
            size += n;
        }
        sent.wait();
        ASSERT_EQ(size, bytes.size());
        for (std::uint32_t i = 0; i < words; ++i) {
            ASSERT_EQ(got[i], i);
        }
        std::byte extra{};
        EXPECT_EQ(pair.other.read_some(std::span(&extra, 1)), 0U);
    });
}

TEST_P(net_at_procs, half_close_leaves_the_other_direction_open) {
    in_run([] {
        connected_pair pair;
        write_text(pair.one, "last words");
        pair.one.shutdown(shutdown_type::send);
        EXPECT_EQ(read_text(pair.other, 100), "last words");
        write_text(pair.other, "answer");
        EXPECT_EQ(read_text(pair.one, 6), "answer");
        std::error_code ec;
        write_text(pair.other, "x");
        pair.one.write_some(std::as_bytes(std::span("x", 1)), ec);
        EXPECT_EQ(ec, std::errc::broken_pipe);
    });
}

TEST_P(net_at_procs, empty_buffers_move_nothing_and_are_no_end) {
    in_run([] {
        connected_pair pair;
        std::error_code ec = std::make_error_code(std::errc::io_error);
        EXPECT_EQ(pair.one.read_some(std::span<std::byte>(), ec), 0U);
        EXPECT_FALSE(ec);
        EXPECT_EQ(pair.one.write_some(std::span<const std::byte>(), ec), 0U);
        EXPECT_FALSE(ec);
    });
}

TEST_P(net_at_procs, threads_of_the_program_may_use_it_too) {
    in_run([] {
        listener at = listener::listen("127.0.0.1:0");
        std::thread client([address = at.local_address()] {
            stream connection = stream::dial(background(), address);
            for (int i = 0; i < 50; ++i) {
                write_text(connection, "from outside");
                EXPECT_EQ(read_text(connection, 12), "from outside");
            }
        });
        echo_until_end(at.accept());
        blocking([&] { client.join(); });
    });
}

/// Numbers are closed and reused all the time, while readers are parked and events are on their
/// way: no one may get another connection's bytes or be left behind.
TEST_P(net_at_procs, numbers_that_are_reused_at_once_do_not_mix_connections_up) {
    in_run([] {
        constexpr int workers = 8;
        constexpr int rounds = 60;
        wait_group done;
        for (int worker = 0; worker < workers; ++worker) {
            done.go([worker] {
                for (int round = 0; round < rounds; ++round) {
                    connected_pair pair;
                    const std::string cookie =
                        std::to_string(worker) + "/" + std::to_string(round) + ";";
                    wait_group readers;
                    readers.go([&] {
                        std::string got(100, '\0');
                        std::error_code ec;
                        const std::size_t n =
                            pair.one.read_some(std::as_writable_bytes(std::span(got)), ec);
                        if (!ec) {
                            EXPECT_EQ(got.substr(0, n), cookie);
                        } else {
                            EXPECT_EQ(ec, std::errc::operation_canceled);
                        }
                    });
                    if (round % 3 != 0) {
                        yield();
                    }
                    write_text(pair.other, cookie);
                    if (round % 2 != 0) {
                        yield();
                    }
                    pair.one.close();
                    readers.wait();
                }
            });
        }
        done.wait();
    });
}

TEST(net, moved_handles_own_what_they_took) {
    run([] {
        listener first = listener::listen("127.0.0.1:0");
        const std::string address = first.local_address();
        listener second = std::move(first);
        first.close();  // NOLINT(bugprone-use-after-move): owns nothing any more
        EXPECT_TRUE(second.is_open());
        listener third = listener::listen("127.0.0.1:0");
        third = std::move(second);
        EXPECT_EQ(third.local_address(), address);
        stream connection = stream::dial(background(), address);
        connection = stream();
        EXPECT_EQ(read_text(*std::make_unique<stream>(third.accept()), 1), "");
    });
}

}  // namespace
}  // namespace weft::net
