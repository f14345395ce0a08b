// How waits for the network end: deadlines, close, contexts, the end of a run, exhaustion.
#include "net/address.hpp"
#include "net/connections.hpp"
#include "platform/socket.hpp"

#include <weft/diagnostics.hpp>
#include <weft/error.hpp>
#include <weft/testing.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weft::net {
namespace {

using namespace std::chrono_literals;

INSTANTIATE_TEST_SUITE_P(, net_at_procs, sched::processor_counts);

TEST_P(net_at_procs, close_wakes_readers_and_accepters) {
    in_run([] {
        connected_pair pair;
        listener at = listener::listen("127.0.0.1:0");
        wait_group ended;
        for (int i = 0; i < 3; ++i) {
            ended.go([&] {
                std::byte place{};
                std::error_code ec;
                pair.one.read_some(std::span(&place, 1), ec);
                EXPECT_EQ(ec, std::errc::operation_canceled);
            });
            ended.go([&] {
                std::error_code ec;
                at.accept(ec);
                EXPECT_EQ(ec, std::errc::operation_canceled);
            });
        }
        for (int i = 0; i < 100; ++i) {
            yield();
        }
        pair.one.close();
        at.close();
        ended.wait();
        std::error_code ec;
        pair.one.write_some(std::as_bytes(std::span("x", 1)), ec);
        EXPECT_EQ(ec, std::errc::operation_canceled);
        pair.one.shutdown(shutdown_type::both, ec);
        EXPECT_EQ(ec, std::errc::operation_canceled);
        EXPECT_FALSE(pair.one.is_open());
        EXPECT_EQ(pair.one.peer_address(), "");
        EXPECT_THROW(at.accept(), std::system_error);
    });
}

TEST_P(net_at_procs, one_event_serves_all_who_wait_for_it) {
    in_run([] {
        connected_pair pair;
        wait_group ended;
        std::string got;
        mutex got_lock;
        for (int i = 0; i < 3; ++i) {
            ended.go([&] {
                const std::string mine = read_text(pair.one, 1);
                const std::lock_guard hold(got_lock);
                got += mine;
            });
        }
        for (int i = 0; i < 100; ++i) {
            yield();
        }
        write_text(pair.other, "xxx");
        ended.wait();
        EXPECT_EQ(got, "xxx");
    });
}

TEST_P(net_at_procs, whoever_ends_a_wait_it_counts_as_a_wake) {
    in_run([] {
        connected_pair pair;
        wait_group ended;
        ended.go([&] { EXPECT_EQ(read_text(pair.other, 100).size(), 100U); });
        ended.go([&] { sleep(1ms); });
        for (int i = 0; i < 100; ++i) {
            write_text(pair.one, "x");
            yield();
        }
        const auto ch = make_chan<int>();
        blocking([&] { std::thread([&] { ch.recv(); }).detach(); });
        ch.send(1);
        ended.wait();
        EXPECT_EQ(stats().wakes, stats().parks);
    });
}

TEST_P(net_at_procs, deadline_ends_a_read_and_not_early) {
    in_run([] {
        connected_pair pair;
        std::byte place{};
        const std::span<std::byte> into(&place, 1);
        std::error_code ec;

        const time_point due = now() + 10ms;
        pair.one.set_deadline(due);
        pair.one.read_some(into, ec);
        EXPECT_EQ(ec, std::errc::timed_out);
        EXPECT_GE(now(), due);

        write_text(pair.other, "late");  // what is there does not help once it has passed
        pair.one.read_some(into, ec);
        EXPECT_EQ(ec, std::errc::timed_out);
        pair.one.write_some(std::span<const std::byte>(into), ec);
        EXPECT_EQ(ec, std::errc::timed_out);

        pair.one.set_write_deadline(time_point{});
        pair.one.write_some(std::span<const std::byte>(into), ec);
        EXPECT_FALSE(ec);
        pair.one.set_read_deadline(now() + 1h);
        EXPECT_EQ(read_text(pair.one, 4), "late");
    });
}

TEST_P(net_at_procs, in_a_bubble_no_time_passes_during_a_wait_and_its_deadline_is_real) {
    in_run([] {
        connected_pair pair;
        bubble([&] {
            const time_point start = now();
            bool timed_out = false;
            go([&] {
                std::byte place{};
                std::error_code ec;
                pair.one.set_read_deadline(start + 5ms);
                pair.one.read_some(std::span(&place, 1), ec);
                EXPECT_EQ(ec, std::errc::timed_out);
                EXPECT_EQ(now(), start);
                timed_out = true;
            });
            sleep(1h);
            EXPECT_TRUE(timed_out);
        });
    });
}

TEST_P(net_at_procs, deadline_set_while_somebody_waits_counts_at_once) {
    in_run([] {
        connected_pair pair;
        wait_group ended;
        for (int i = 0; i < 3; ++i) {
            ended.go([&] {
                std::byte place{};
                std::error_code ec;
                pair.one.read_some(std::span(&place, 1), ec);
                EXPECT_EQ(ec, std::errc::timed_out);
            });
        }
        for (int i = 0; i < 100; ++i) {
            yield();
        }
        pair.one.set_read_deadline(now() + 1h);
        yield();
        pair.one.set_read_deadline(now());
        ended.wait();
        EXPECT_EQ(stats().timers_live, 0U);
    });
}

TEST_P(net_at_procs, write_deadline_ends_a_write_that_has_no_room) {
    in_run([] {
        connected_pair pair;
        const std::vector<std::byte> much(1 << 20);
        pair.one.set_write_deadline(now() + 20ms);
        std::error_code ec;
        while (!ec) {
            pair.one.write_some(much, ec);
        }
        EXPECT_EQ(ec, std::errc::timed_out);
    });
}

TEST_P(net_at_procs, dial_of_a_port_where_nobody_listens_is_refused) {
    in_run([] {
        listener at = listener::listen("127.0.0.1:0");
        const std::string address = at.local_address();
        at.close();
        std::error_code ec;
        stream none = stream::dial(background(), address, ec);
        EXPECT_EQ(ec, std::errc::connection_refused);
        EXPECT_FALSE(none.is_open());
        EXPECT_THROW(stream::dial(background(), address), std::system_error);
        stream::dial(background(), "unix:" + testing::TempDir() + unique_name(), ec);
        EXPECT_EQ(ec, std::errc::no_such_file_or_directory);
    });
}

/// A Unix listener with a short queue, which is full: further dials wait.
class full_listener {
public:
    full_listener() {
        const platform::socket_address at = *parse_address(address());
        bind(listening_, reinterpret_cast<const sockaddr*>(&at.storage), at.size);
        listen(listening_, 1);
        int result = 0;
        while (result == 0) {
            queued_.push_back(platform::make_socket(AF_UNIX));
            result = platform::begin_connect(queued_.back(), at);
        }
        EXPECT_EQ(result, -EAGAIN);
    }
    ~full_listener() {
        for (const int descriptor : queued_) {
            close(descriptor);
        }
        close(listening_);
        platform::remove_file(path_);
    }
    full_listener(const full_listener&) = delete;
    full_listener& operator=(const full_listener&) = delete;

    std::string address() const { return "unix:" + path_; }
    void make_room() { queued_.push_back(platform::accept_from(listening_)); }

private:
    const std::string path_ = testing::TempDir() + unique_name();
    const int listening_ = platform::make_socket(AF_UNIX);
    std::vector<int> queued_;
};

TEST_P(net_at_procs, context_ends_a_dial) {
    in_run([] {
        std::error_code ec;
        auto [ended, cancel_ended] = with_cancel(background());
        cancel_ended();
        full_listener full;
        stream::dial(ended, full.address(), ec);
        EXPECT_EQ(ec, context_errc::canceled);

        auto [ctx, cancel] = with_cancel(background());
        wait_group dialled;
        dialled.go([&, ctx = ctx] {
            std::error_code mine;
            stream::dial(ctx, full.address(), mine);
            EXPECT_EQ(mine, context_errc::canceled);
            EXPECT_EQ(mine, std::errc::operation_canceled);
        });
        sleep(5ms);
        cancel();
        dialled.wait();

        dialled.go([&] {
            stream late = stream::dial(background(), full.address());
            EXPECT_TRUE(late.is_open());
        });
        sleep(5ms);
        full.make_room();
        dialled.wait();
    });
}

TEST_P(net_at_procs, null_context_of_a_dial_panics) {
    in_run([] { EXPECT_THROW(stream::dial({}, "127.0.0.1:1"), panic); });
}

TEST_P(net_at_procs, waiting_for_the_network_is_no_deadlock) {
    in_run([] {
        connected_pair pair;
        std::thread outside([&] {
            std::this_thread::sleep_for(150ms);
            write_text(pair.other, "x");
        });
        EXPECT_EQ(read_text(pair.one, 1), "x");
        blocking([&] { outside.join(); });
    });
}

TEST(net, what_waits_at_the_end_of_a_run_does_not_keep_its_socket) {
    const std::size_t before = open_descriptors();
    listener kept = listener::listen("127.0.0.1:0");  // made outside, used in two runs
    for (int round = 0; round < 2; ++round) {
        // Outside of main, whose frame may be gone when the last goroutine begins.
        listener gone = listener::listen("127.0.0.1:0");
        run([&] {
            go([&] {
                std::error_code unseen;  // waits for ever
                kept.accept(unseen);
            });
            go([&] {
                std::error_code unseen;  // may see the close, or not, before the run ends
                gone.accept(unseen);
            });
            for (int i = 0; i < 100; ++i) {
                yield();
            }
            gone.close();
        });
    }
    run([&] {
        wait_group dialled;
        dialled.go([&] { stream::dial(background(), kept.local_address()); });
        EXPECT_TRUE(kept.accept().is_open());
        dialled.wait();
    });
    std::error_code ec;
    EXPECT_THROW(kept.accept(ec), std::logic_error);  // would wait, outside run
    kept.close();
    EXPECT_EQ(open_descriptors(), before);
}

/// In a process of its own, whose limit on descriptors is lowered.
void exhaust_descriptors() {
    run([] {
        listener at = listener::listen("127.0.0.1:0");
        std::vector<stream> clients;
        clients.push_back(stream::dial(background(), at.local_address()));
        clients.push_back(stream::dial(background(), at.local_address()));
        rlimit limit{};
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = 64;
        setrlimit(RLIMIT_NOFILE, &limit);
        while (dup(STDERR_FILENO) >= 0) {
        }

        // Codes are compared by value: a sanitizer's check of a virtual call opens a pipe.
        std::error_code ec;
        listener::listen("127.0.0.1:0", ec);
        const bool listen_says = ec.value() == EMFILE;
        const time_point start = now();
        at.accept(ec);
        const bool accept_says = ec.value() == EMFILE && now() - start > 500ms;
        // Room comes while an accept waits: no new connection, hence no event, announces it.
        go([&] {
            sleep(20ms);
            clients.pop_back();
        });
        const std::uint64_t sleeps = stats().futex_sleeps;
        const bool served = at.accept(ec).is_open();
        const bool patient = stats().futex_sleeps - sleeps < 100;
        std::fprintf(stderr, "%d %d %d %d\n", listen_says, accept_says, served, patient);
        _exit(0);
    });
}

TEST(net_death, accept_without_descriptors_waits_says_so_and_goes_on) {
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_EXIT(exhaust_descriptors(), testing::ExitedWithCode(0), "1 1 1 1");
}

TEST(net, running_out_throws_a_resource_error_and_all_else_does_not) {
    const auto thrown = [](int error) {
        weft::detail::throw_net_error({error, std::system_category()}, "test");
    };
    EXPECT_THROW(thrown(EMFILE), resource_error);
    EXPECT_THROW(thrown(ENFILE), resource_error);
    EXPECT_THROW(thrown(ENOMEM), resource_error);
    try {
        thrown(ECONNREFUSED);
    } catch (const resource_error&) {
        ADD_FAILURE();
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), std::errc::connection_refused);
    }
}

}  // namespace
}  // namespace weft::net
