#include "sched/settings.hpp"

#include <weft/error.hpp>

#include <gtest/gtest.h>
#include <sched.h>
#include <cstdlib>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weft::sched {
namespace {

/// An environment variable for as long as the object lives.
class with_variable {
public:
    with_variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    ~with_variable() { unsetenv(name_); }
    with_variable(const with_variable&) = delete;
    with_variable& operator=(const with_variable&) = delete;

private:
    const char* name_;
};

std::string refusal(const options& settings) {
    try {
        complete_settings(settings);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "accepted";
}

TEST(settings_test, defaults_are_complete) {
    const options complete = complete_settings({});
    EXPECT_GE(complete.procs, 1);
    EXPECT_EQ(complete.stack_size, std::size_t{256} << 10);
    EXPECT_EQ(complete.max_threads, 10'000);
    EXPECT_EQ(complete.on_deadlock, on_deadlock::exit);
}

TEST(settings_test, a_variable_fills_a_field_that_equals_its_default) {
    const with_variable procs("WEFT_PROCS", "5");
    const with_variable stack("WEFT_STACK_SIZE", "128K");
    const with_variable threads("WEFT_MAX_THREADS", "77");
    const with_variable deadlock("WEFT_ON_DEADLOCK", "throw");
    const options complete = complete_settings({});
    EXPECT_EQ(complete.procs, 5);
    EXPECT_EQ(complete.stack_size, std::size_t{128} << 10);
    EXPECT_EQ(complete.max_threads, 77);
    EXPECT_EQ(complete.on_deadlock, on_deadlock::throw_error);
}

TEST(settings_test, what_the_program_says_wins_over_a_variable) {
    const with_variable procs("WEFT_PROCS", "5");
    const with_variable stack("WEFT_STACK_SIZE", "nonsense");
    const options complete = complete_settings({.procs = 2, .stack_size = 64 << 10});
    EXPECT_EQ(complete.procs, 2);
    EXPECT_EQ(complete.stack_size, std::size_t{64} << 10);
}

TEST(settings_test, an_empty_variable_counts_as_none) {
    const with_variable procs("WEFT_PROCS", "");
    const with_variable stack("WEFT_STACK_SIZE", "");
    EXPECT_EQ(complete_settings({}).stack_size, options{}.stack_size);
}

TEST(settings_test, sizes_have_units) {
    const std::map<std::string, std::size_t> sizes{
        {"65536", 65536}, {"64k", 64 << 10}, {"64K", 64 << 10}, {"2m", 2 << 20},
        {"2M", 2 << 20},  {"1g", 1 << 30},   {"1G", 1 << 30}};
    for (const auto& [text, bytes] : sizes) {
        const with_variable stack("WEFT_STACK_SIZE", text.c_str());
        EXPECT_EQ(complete_settings({}).stack_size, bytes) << text;
    }
}

TEST(settings_test, nonsense_in_a_variable_is_refused_with_its_name_and_value) {
    const std::vector<std::pair<std::string, std::string>> nonsense{
        {"WEFT_PROCS", "0"},       {"WEFT_PROCS", "-1"},         {"WEFT_PROCS", "many"},
        {"WEFT_PROCS", "2x"},      {"WEFT_PROCS", "5000"},       {"WEFT_STACK_SIZE", "12Q"},
        {"WEFT_STACK_SIZE", "K"},  {"WEFT_STACK_SIZE", "1KB"},   {"WEFT_STACK_SIZE", "-64K"},
        {"WEFT_MAX_THREADS", "0"}, {"WEFT_ON_DEADLOCK", "stop"}, {"WEFT_MAX_THREADS", "1e3"},
    };
    for (const auto& [name, value] : nonsense) {
        const with_variable set(name.c_str(), value.c_str());
        const std::string text = refusal({});
        EXPECT_NE(text.find(name + "=" + value), std::string::npos) << text;
    }
}

TEST(settings_test, nonsensical_options_are_refused) {
    EXPECT_NE(refusal({.procs = -1}), "accepted");
    EXPECT_NE(refusal({.procs = std::numeric_limits<int>::max()}), "accepted");
    EXPECT_NE(refusal({.stack_size = 0}), "accepted");
    EXPECT_NE(refusal({.stack_size = (16 << 10) - 1}), "accepted");
    EXPECT_NE(refusal({.stack_size = std::numeric_limits<std::size_t>::max()}), "accepted");
    EXPECT_NE(refusal({.procs = 2, .max_threads = 3}), "accepted");
    EXPECT_NE(refusal({.procs = 2, .max_threads = -1}), "accepted");
    EXPECT_EQ(refusal({.procs = 2, .stack_size = 16 << 10, .max_threads = 4}), "accepted");
}

TEST(settings_test, run_refuses_them_too_and_can_be_called_again) {
    EXPECT_THROW(run([] {}, {.procs = -1}), std::invalid_argument);
    EXPECT_EQ(run([] { return 1; }), 1);
}

TEST(settings_test, the_affinity_mask_limits_the_processors) {
    int count = 0;
    std::thread([&count] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
        ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
        count = complete_settings({}).procs;
    }).join();
    EXPECT_EQ(count, 1);
}

TEST(settings_test, the_smallest_stack_runs_goroutines) {
    const int result = run(
        [] {
            int sum = 0;
            for (int i = 0; i < 10; ++i) {
                go([&sum] { ++sum; });
                yield();
            }
            while (num_goroutine() != 1) {
                yield();
            }
            return sum;
        },
        {.procs = 1, .stack_size = 16 << 10});
    EXPECT_EQ(result, 10);
}

}  // namespace
}  // namespace weft::sched
