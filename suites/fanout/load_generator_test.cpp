#include <gtest/gtest.h>

#include "suites/fanout/echo.hpp"
#include "suites/fanout/sabotaged_server.hpp"
#include "suites/fanout/service_process.hpp"

namespace suite::fanout {
namespace {

using contender = testing::serving_saboteur<testing::fault::none>;

TEST(LoadGeneratorProcess, LoadsOneContenderAfterTheOther) {
    testing::service_process generator(LOAD_GENERATOR_PROGRAM);
    settings run;
    run.operations = 100;
    run.parameters = {{"connections", "20"}};
    run.service = generator.peer();
    for (int time = 0; time < 2; ++time) {
        struct joiner {
            ~joiner() { contender::join_all(); }
        } const at_end;
        echo<contender> body(run);
        meter stopwatch;
        EXPECT_EQ(body.repeat(stopwatch), sum_of_numbers(100, 20));
    }
    EXPECT_EQ(generator.end(), 0);
}

TEST(LoadGeneratorProcess, EndsWithItsStandardInputThoughAContenderIsConnected) {
    testing::service_process generator(LOAD_GENERATOR_PROGRAM);
    const server peer = generator.peer();
    const load_order order(contender::connect(peer), peer, 1, 0);
    EXPECT_EQ(generator.end(), 0);
}

TEST(LoadGeneratorProcess, OutlivesAContenderThatLeavesInTheMiddle) {
    testing::service_process generator(LOAD_GENERATOR_PROGRAM);
    const server peer = generator.peer();
    auto leaving = contender::connect(peer);
    const std::string_view half = "0 1";
    leaving.write_some(std::as_bytes(std::span(half)));
    leaving.close();
    EXPECT_NO_THROW(load_order(contender::connect(peer), peer, 1, 0));
    EXPECT_EQ(generator.end(), 0);
}

}  // namespace
}  // namespace suite::fanout
