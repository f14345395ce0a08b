#include "suites/kit/thread_totals.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace suite {
namespace {

// Lines are `name : value`; the time is in milliseconds.
std::optional<thread_totals> totals_of(const std::filesystem::path& thread) {
    std::ifstream sched(thread / "sched");
    thread_totals found;
    int lines = 0;
    std::string name;
    for (std::string line; std::getline(sched, line);) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) {
            continue;
        }
        name.assign(line, 0, line.find_last_not_of(' ', colon - 1) + 1);
        const char* const value = line.c_str() + colon + 1;
        if (name == "se.sum_exec_runtime") {
            found.cpu_ns = std::strtod(value, nullptr) * 1e6;
        } else if (name == "nr_switches") {
            found.switches = std::strtoll(value, nullptr, 10);
        } else if (name == "se.nr_migrations") {
            found.migrations = std::strtoll(value, nullptr, 10);
        } else {
            continue;
        }
        ++lines;
    }
    return lines == 3 ? std::optional(found) : std::nullopt;
}

// The clock that a thread's time is read by is brought up to date when it is switched, and a
// reading of it may be late by a part of a tick.
constexpr double share_accounted_for = 0.98;

}  // namespace

std::optional<thread_totals> thread_totals::now() {
    thread_totals sum;
    bool any = false;
    std::error_code ended;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", ended)) {
        // A thread that ends now has no file any more.
        if (const std::optional<thread_totals> one = totals_of(thread.path())) {
            any = true;
            sum.cpu_ns += one->cpu_ns;
            sum.switches += one->switches;
            sum.migrations += one->migrations;
        }
    }
    return any ? std::optional(sum) : std::nullopt;
}

std::optional<std::int64_t> migrations_between(const thread_totals& before,
                                               const thread_totals& after, double process_cpu_ns,
                                               std::int64_t process_switches) {
    const bool all = after.switches - before.switches >= process_switches &&
                     after.cpu_ns - before.cpu_ns >= share_accounted_for * process_cpu_ns;
    return all ? std::optional(after.migrations - before.migrations) : std::nullopt;
}

}  // namespace suite
