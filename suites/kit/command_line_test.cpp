#include "suites/kit/command_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace suite {
namespace {

using words = std::vector<const char*>;

words run_words() {
    return {"run",
            "--workload",
            "channel/ping_pong",
            "--profile",
            "default",
            "--workers",
            "2",
            "--param",
            "capacity=1",
            "--operations",
            "200000",
            "--warmup",
            "0",
            "--repetitions",
            "5"};
}

std::string complaint(const words& line) {
    try {
        parse_command_line(line);
    } catch (const usage_error& error) {
        return error.what();
    }
    return {};
}

words without(words line, std::string_view option) {
    const auto at = std::find(line.begin(), line.end(), option);
    line.erase(at, at + 2);
    return line;
}

words with(words line, std::initializer_list<const char*> more) {
    line.insert(line.end(), more);
    return line;
}

TEST(CommandLine, ReadsARun) {
    const command_line line =
        parse_command_line(with(run_words(), {"--param", "mode=pool", "--server", "127.0.0.1:4711",
                                              "--server-token", "abc"}));
    EXPECT_EQ(line.what, verb::run);
    EXPECT_EQ(line.run.workload, "channel/ping_pong");
    EXPECT_EQ(line.run.workers, 2);
    EXPECT_EQ(line.run.operations, 200'000);
    EXPECT_EQ(line.run.warmup, 0);
    EXPECT_EQ(line.run.repetitions, 5);
    EXPECT_EQ(line.run.number("capacity"), 1);
    EXPECT_EQ(line.run.text("mode"), "pool");
    EXPECT_EQ(line.run.service->host, "127.0.0.1");
    EXPECT_EQ(line.run.service->port, 4711);
    EXPECT_EQ(line.run.service->token, "abc");
}

TEST(CommandLine, ReadsTheVerbsWithoutOptions) {
    EXPECT_EQ(parse_command_line(words{"describe"}).what, verb::describe);
    EXPECT_EQ(parse_command_line(words{"list"}).what, verb::list);
    EXPECT_EQ(complaint({"list", "--workers"}), "list takes no options");
}

TEST(CommandLine, HasNoDefaults) {
    for (const char* option :
         {"--workload", "--profile", "--workers", "--operations", "--warmup", "--repetitions"}) {
        EXPECT_EQ(complaint(without(run_words(), option)), std::string(option) + " is missing");
    }
    EXPECT_FALSE(parse_command_line(run_words()).run.service.has_value());
}

TEST(CommandLine, NamesWhatIsWrong) {
    EXPECT_EQ(complaint({}), "what to do is missing: describe, list or run");
    EXPECT_EQ(complaint({"measure"}), "unknown verb 'measure': describe, list or run");
    EXPECT_EQ(complaint(with(run_words(), {"--speed", "9"})), "unknown option '--speed'");
    EXPECT_EQ(complaint(with(run_words(), {"--param"})), "--param wants a value");
    EXPECT_EQ(complaint(with(run_words(), {"--param", "capacity"})),
              "--param wants name=value, not 'capacity'");
    EXPECT_EQ(complaint(with(run_words(), {"--param", "capacity=2"})),
              "parameter 'capacity' is given twice");
    EXPECT_EQ(complaint(with(run_words(), {"--workers", "2"})), "--workers is given twice");
    EXPECT_EQ(complaint(with(run_words(), {"--server", "127.0.0.1:1"})),
              "--server and --server-token go together");
    EXPECT_EQ(complaint(with(run_words(), {"--server", "localhost", "--server-token", "t"})),
              "--server wants host:port, not 'localhost'");
}

TEST(CommandLine, TakesWholeNumbersOnly) {
    for (const char* text : {"0", "-1", "2.5", "1e3", "two", "99999999999999999999"}) {
        EXPECT_FALSE(
            complaint(with(without(run_words(), "--workers"), {"--workers", text})).empty())
            << text;
    }
    settings run;
    run.parameters = {{"tasks", "12x"}};
    EXPECT_THROW(run.number("tasks"), usage_error);
    EXPECT_THROW(run.number("stride"), usage_error);
}

}  // namespace
}  // namespace suite
