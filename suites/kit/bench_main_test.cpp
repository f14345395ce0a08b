#include "suites/kit/bench_main.hpp"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/saboteur.hpp"

namespace suite {
namespace {

using nlohmann::json;
using testing::saboteur;

/// A body that ends as its parameter says.
class obedient {
public:
    explicit obedient(const settings& run) : end_(run.text("end")) {}

    std::uint64_t repeat(meter& stopwatch) {
        stopwatch.start();
        stopwatch.stop();
        stopwatch.figure("answer", 42);
        stopwatch.effective("capacity", "7");
        if (end_ == "wrong") {
            require_equal(1, 2, "the result");
        }
        if (end_ == "memory") {
            throw std::bad_alloc();
        }
        if (end_ == "descriptors") {
            throw std::system_error(EMFILE, std::generic_category(), "socket");
        }
        if (end_ == "bug") {
            throw std::out_of_range("a bug");
        }
        return 11;
    }

private:
    std::string end_;
};

struct obedient_workload {
    static constexpr std::array<std::string_view, 2> parameters{"end", "capacity"};
    static constexpr workload_info info{.id = "test/obedient",
                                        .version = 3,
                                        .source = "suites/kit/bench_main_test.cpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks};
    template <class>
    using body = obedient;
};

/// Needs what the saboteur lacks.
struct streaming_workload {
    static constexpr std::array<std::string_view, 0> parameters{};
    static constexpr workload_info info{.id = "test/streaming",
                                        .version = 1,
                                        .source = "suites/kit/bench_main_test.cpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::byte_streams};
    template <class>
    using body = obedient;
};

/// Needs what the saboteur could do in a form of its own.
struct cancelling_workload {
    static constexpr std::array<std::string_view, 0> parameters{};
    static constexpr workload_info info{.id = "test/cancelling",
                                        .version = 1,
                                        .source = "suites/kit/bench_main_test.cpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::contexts};
    template <class>
    using body = obedient;
};

/// Needs first what the saboteur could do in a form of its own, then what it lacks.
struct cancelling_stream_workload {
    static constexpr std::array<std::string_view, 0> parameters{};
    static constexpr workload_info info{.id = "test/cancelling_stream",
                                        .version = 1,
                                        .source = "suites/kit/bench_main_test.cpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::contexts, capability::byte_streams};
    template <class>
    using body = obedient;
};

const std::array sets{
    make_workload_set<saboteur<>>(workload_list<obedient_workload>{}),
    make_workload_set<saboteur<>>(
        workload_list<streaming_workload, cancelling_workload, cancelling_stream_workload>{})};

struct outcome {
    int status = 0;
    std::string out;
    std::string err;
};

outcome call(std::vector<const char*> words) {
    words.insert(words.begin(), "program");
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int status = bench_main(static_cast<int>(words.size()), words.data(), "-O9",
                                  saboteur<>::describe(), sets);
    outcome result{status, ::testing::internal::GetCapturedStdout(),
                   ::testing::internal::GetCapturedStderr()};
    return result;
}

std::vector<const char*> run_words(const char* end, const char* workers = "2",
                                   const char* profile = "default") {
    return {"run",
            "--workload",
            "test/obedient",
            "--profile",
            profile,
            "--workers",
            workers,
            "--param",
            end,
            "--param",
            "capacity=8",
            "--warmup",
            "1",
            "--repetitions",
            "2",
            "--operations",
            "10"};
}

TEST(BenchMain, DescribesTheProgram) {
    const outcome got = call({"describe"});
    ASSERT_EQ(got.status, 0);
    const json text = json::parse(got.out);
    EXPECT_EQ(text["schema"], "weft.describe/1");
    EXPECT_EQ(text["contender"], "saboteur");
    EXPECT_EQ(text["flags"], "-O9");
    EXPECT_EQ(text["profiles"][0]["default"], true);
    EXPECT_EQ(text["profiles"][1]["name"], "jemalloc");
    EXPECT_EQ(text["profiles"][1]["default"], false);
}

TEST(BenchMain, ListsWhatItCanAndWhyNot) {
    const outcome got = call({"list"});
    ASSERT_EQ(got.status, 0);
    const json entries = json::parse(got.out)["entries"];
    ASSERT_EQ(entries.size(), 6U);  // the second half is of the profile that the kit adds
    EXPECT_EQ(entries[0]["supported"], true);
    EXPECT_EQ(entries[0]["version"], 3);
    EXPECT_EQ(entries[0]["form"], "shared");
    EXPECT_EQ(entries[0]["limits"][0]["max"], 8);
    EXPECT_EQ(entries[0]["limits"][0]["gap"], "not expressible");
    EXPECT_EQ(entries[1]["supported"], false);
    EXPECT_EQ(entries[1]["gap"], "not expressible");
    EXPECT_EQ(entries[1]["reason"], "left out for the test");
    EXPECT_EQ(entries[2]["workload"], "test/cancelling_stream");
    EXPECT_EQ(entries[2]["reason"], "left out for the test");
}

TEST(BenchMain, DoesNotListWhatIsOnlyNotImplemented) {
    EXPECT_EQ(call({"list"}).out.find("\"test/cancelling\""), std::string::npos);
    const outcome got =
        call({"run", "--workload", "test/cancelling", "--profile", "default", "--workers", "2",
              "--operations", "5", "--warmup", "0", "--repetitions", "1"});
    EXPECT_EQ(got.status, static_cast<int>(exit_status::unsupported));
    EXPECT_NE(got.err.find("not implemented by this contender"), std::string::npos) << got.err;
}

TEST(BenchMain, PrintsOneRecordWithEffectiveValues) {
    const outcome got = call(run_words("end=well"));
    ASSERT_EQ(got.status, 0) << got.err;
    const json record = json::parse(got.out);
    const json& context = record["context"];
    EXPECT_EQ(context["schema"], "weft.record/1");
    EXPECT_EQ(context["workload_version"], "3");
    EXPECT_EQ(context["effective.workers"], "2");
    EXPECT_EQ(context["effective.capacity"], "7");
    EXPECT_EQ(context["effective.operations"], "10");
    EXPECT_EQ(context["effective.warmup"], "1");
    EXPECT_EQ(context["effective.repetitions"], "2");
    EXPECT_EQ(context["checksum"], "11");
    const json& runs = record["benchmarks"];
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_EQ(runs[1]["repetition_index"], 1);
    EXPECT_EQ(runs[1]["iterations"], 10);
    EXPECT_EQ(runs[1]["time_unit"], "ns");
    EXPECT_EQ(runs[1]["answer"], 42);
    for (const char* figure : {"real_time", "cpu_time", "voluntary_switches", "minor_faults",
                               "peak_rss_bytes", "threads_peak"}) {
        EXPECT_TRUE(runs[1][figure].is_number()) << figure;
    }
}

TEST(BenchMain, RefusesAWrongCommandLineWithTwo) {
    std::vector<const char*> missing = run_words("end=well");
    missing.erase(missing.begin() + 9, missing.begin() + 11);
    std::vector<const char*> unknown = run_words("end=well");
    unknown.insert(unknown.end(), {"--param", "speed=9"});
    std::vector<const char*> other = run_words("end=well");
    other[2] = "test/other";
    for (const auto& words : {missing, unknown, other, run_words("end=well", "2", "tuned")}) {
        const outcome got = call(words);
        EXPECT_EQ(got.status, 2);
        EXPECT_EQ(got.out, "");
        EXPECT_NE(got.err, "");
    }
}

TEST(BenchMain, SaysAWrongResultWithThreeAndPrintsNoRecord) {
    const outcome got = call(run_words("end=wrong"));
    EXPECT_EQ(got.status, 3);
    EXPECT_EQ(got.out, "");
    EXPECT_EQ(got.err, "program: wrong result: the result: 1 instead of 2\n");
}

TEST(BenchMain, RefusesWhatIsNotPossibleWithFour) {
    EXPECT_EQ(call(run_words("end=well", "9")).status, 4);
    EXPECT_EQ(call({"run", "--workload", "test/streaming", "--profile", "default", "--workers", "1",
                    "--operations", "1", "--warmup", "0", "--repetitions", "1"})
                  .status,
              4);
}

TEST(BenchMainDeathTest, LeavesThePoolAtOnceWhenTheMachineRefusesOrABodyIsBroken) {
    ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
    const auto run = [](const char* end) {
        const auto words = run_words(end);
        std::vector<const char*> line{"program"};
        line.insert(line.end(), words.begin(), words.end());
        bench_main(static_cast<int>(line.size()), line.data(), "", saboteur<>::describe(), sets);
    };
    EXPECT_EXIT(run("end=memory"), ::testing::ExitedWithCode(5), "memory was refused");
    EXPECT_EXIT(run("end=descriptors"), ::testing::ExitedWithCode(5), "socket");
    EXPECT_EXIT(run("end=bug"), ::testing::ExitedWithCode(70), "a bug");
}

TEST(Limits, SayWhatIsImpossibleAndWhatIsOnlyNotWritten) {
    entry what{obedient_workload::info, "default", "shared", "", {}};
    what.how.limits = {
        {.parameter = "end", .values = {"well"}, .reason = "r", .kind = gap::not_implemented},
        {.parameter = "capacity", .min = 2, .reason = "r"}};
    std::ostringstream out;
    print_list(out, saboteur<>::describe(), {&what, 1});
    const json limits = json::parse(out.str())["entries"][0]["limits"];
    EXPECT_EQ(limits[0]["gap"], "not implemented");
    EXPECT_EQ(limits[0]["values"], json::array({"well"}));
    EXPECT_EQ(limits[1]["gap"], "not expressible");
}

TEST(Limits, RuleValuesOutByBoundAndByList) {
    entry what{obedient_workload::info, "default", "shared", "", {}};
    what.how.limits = {{.parameter = "capacity", .min = 2, .max = 4, .reason = "r"},
                       {.parameter = "end", .values = {"well", "badly"}, .reason = "r"}};
    const auto possible = [&](const char* capacity, const char* end) {
        settings run;
        run.workers = 1;
        run.parameters = {{"capacity", capacity}, {"end", end}};
        try {
            require_possible(what, run);
            return true;
        } catch (const unsupported&) {
            return false;
        }
    };
    EXPECT_TRUE(possible("2", "well"));
    EXPECT_TRUE(possible("4", "badly"));
    EXPECT_FALSE(possible("1", "well"));
    EXPECT_FALSE(possible("5", "well"));
    EXPECT_FALSE(possible("many", "well"));
    EXPECT_FALSE(possible("3", "otherwise"));
}

}  // namespace
}  // namespace suite
