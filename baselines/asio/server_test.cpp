// The coroutine server under the load generator, which checks every message that comes back.

#include <gtest/gtest.h>

#include "asio_test.hpp"
#include "coroutine_server.hpp"
#include "suites/fanout/churn.hpp"
#include "suites/fanout/sabotaged_server.hpp"

namespace contender {
namespace {

suite::settings small(int workers, std::int64_t operations, const suite::server& generator) {
    suite::settings run;
    run.profile = "thread_pool";
    run.workers = workers;
    run.operations = operations;
    run.parameters = {{"connections", "3"}, {"load", "160"}};
    run.service = generator;
    return run;
}

/// Two repetitions of a body; the checksum of the last one.
template <class Body>
std::uint64_t serve(int workers, std::int64_t operations) {
    const suite::fanout::testing::load_generator generator;
    const suite::settings run = small(workers, operations, generator.address());
    const pool_of_run pool(run);
    Body body(run);
    suite::meter first;
    body.repeat(first);
    suite::meter second;
    return body.repeat(second);
}

void change_first_byte(std::span<std::byte> message) {
    message.front() ^= std::byte{1};
}

/// Changes each message on its way back.
struct altering_coroutine {
    altering_coroutine() = default;
    explicit altering_coroutine(suite::fanout::stalling*) {}

    task<> operator()(tcp_socket& connection) const {
        return send_back(connection, change_first_byte);
    }
};

template <class Service>
using echo = suite::fanout::echo_of<loaded_coroutine_server<Service>>;
template <class Service>
using stall = suite::fanout::stall_of<loaded_coroutine_server<Service>>;
template <class Service>
using churn = suite::fanout::churn_of<loaded_coroutine_server<Service>>;

class EveryServer : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Asio, EveryServer, testing::Values(1, 2, 5));

TEST_P(EveryServer, SendsBackWhatComes) {
    EXPECT_EQ((serve<echo<echo_coroutine>>(GetParam(), 100)),
              suite::fanout::sum_of_numbers(100, 3));
}

TEST_P(EveryServer, SendsBackWhatComesBetweenItsStalls) {
    EXPECT_EQ((serve<stall<stalling_coroutine>>(GetParam(), 1000)),
              suite::fanout::sum_of_numbers(1000, suite::fanout::stall_connections));
}

TEST_P(EveryServer, EndsEveryConnection) {
    EXPECT_EQ((serve<churn<end_at_once>>(GetParam(), 100)), suite::fanout::sum_of_numbers(100, 1));
}

TEST(Server, IsFoundOutWhenItChangesAMessage) {
    EXPECT_THROW((serve<echo<altering_coroutine>>(2, 100)), suite::wrong_result);
    EXPECT_THROW((serve<stall<altering_coroutine>>(2, 100)), suite::wrong_result);
}

TEST(Server, IsFoundOutWhenItEndsAConnection) {
    EXPECT_THROW((serve<echo<end_at_once>>(2, 100)), std::runtime_error);
}

}  // namespace
}  // namespace contender
