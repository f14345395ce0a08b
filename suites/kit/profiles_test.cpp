// What a profile promises is what its records show, or there is no record.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "suites/kit/allocator.hpp"
#include "suites/kit/exit_status.hpp"

namespace suite {
namespace {

using nlohmann::json;

struct outcome {
    int status = 0;
    std::string out;
};

/// The saboteur's program, with `before` in front of it on the shell's line.
outcome call(const std::string& words, const std::string& before = "") {
    const std::string line = before + SABOTEUR_PROGRAM + std::string(" ") + words + " 2>&1";
    std::FILE* const pipe = ::popen(line.c_str(), "r");
    EXPECT_NE(pipe, nullptr);
    outcome result;
    std::array<char, 4096> some{};
    while (const std::size_t length = std::fread(some.data(), 1, some.size(), pipe)) {
        result.out.append(some.data(), length);
    }
    result.status = WEXITSTATUS(::pclose(pipe));
    return result;
}

outcome run(const std::string& profile, const std::string& before = "") {
    return call("run --workload spawn/batch --profile " + profile +
                    " --workers 2 --param tasks=10 --param captured_bytes=0"
                    " --param stack_touched_bytes=0 --operations 3 --warmup 0 --repetitions 1",
                before);
}

json context_of(const outcome& got) {
    EXPECT_EQ(got.status, 0) << got.out;
    return json::parse(got.out)["context"];
}

json profile_called(const std::string& name) {
    const json answer = json::parse(call("describe").out);
    for (const json& each : answer["profiles"]) {
        if (each["name"] == name) {
            return each;
        }
    }
    return {};
}

json entry_of(const std::string& profile) {
    const json answer = json::parse(call("list").out);
    for (const json& each : answer["entries"]) {
        if (each["profile"] == profile) {
            return each;
        }
    }
    return {};
}

TEST(Profiles, SayWhichAllocatorTheyHave) {
    EXPECT_EQ(profile_called("default")["effective"]["allocator"], usual_allocator());
    EXPECT_EQ(profile_called("default")["on_request"], false);
    EXPECT_EQ(profile_called("jemalloc")["effective"]["allocator"], "jemalloc");
    EXPECT_EQ(profile_called("jemalloc")["on_request"], true);
    const json context = context_of(run("default"));
    EXPECT_EQ(context["effective.allocator"], usual_allocator());
    EXPECT_EQ(context["effective.program"], "saboteur");
}

TEST(Profiles, AreMeasuredWithTheFastAllocatorOrNotAtAll) {
    const outcome got = run("jemalloc");
    if (fast_allocator_library().empty()) {
        EXPECT_EQ(got.status, static_cast<int>(exit_status::unsupported));
        EXPECT_EQ(entry_of("jemalloc")["gap"], "not installed");
        return;
    }
    const json context = context_of(got);
    EXPECT_EQ(context["profile"], "jemalloc");
    EXPECT_EQ(context["effective.allocator"], "jemalloc");
    EXPECT_EQ(entry_of("jemalloc")["supported"], true);
    EXPECT_EQ(entry_of("jemalloc")["limits"], entry_of("default")["limits"]);
}

TEST(Profiles, CannotPassAnotherAllocatorOffAsTheirOwn) {
    if (fast_allocator_library().empty()) {
        GTEST_SKIP() << "there is no other allocator here";
    }
    const outcome got = run("default", "LD_PRELOAD=" + fast_allocator_library() + " ");
    EXPECT_EQ(context_of(got)["effective.allocator"], "jemalloc");
}

TEST(Profiles, AreDoneByTheProgramThatTheyName) {
    const json context = context_of(run("saboteur_variant"));
    EXPECT_EQ(context["profile"], "saboteur_variant");
    EXPECT_EQ(context["effective.program"], "saboteur_variant");
    EXPECT_EQ(entry_of("saboteur_variant")["supported"], true);
}

TEST(Profiles, AreNotInstalledWhereTheirProgramIsMissing) {
    const json entry = entry_of("saboteur_missing");
    EXPECT_EQ(entry["supported"], false);
    EXPECT_EQ(entry["gap"], "not installed");
    EXPECT_EQ(entry["reason"], "its program, saboteur_missing, was not built");
    EXPECT_EQ(run("saboteur_missing").status, static_cast<int>(exit_status::unsupported));
}

}  // namespace
}  // namespace suite
