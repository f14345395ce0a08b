#include "suites/kit/meter.hpp"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace suite {
namespace {

// A line of /proc/self/status, which gives sizes in KiB and counts as they are.
std::int64_t status_line(std::string_view name) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == name) {
            std::int64_t value = 0;
            status >> value;
            return value;
        }
        status.ignore(4096, '\n');
    }
    throw std::runtime_error("/proc/self/status has no line " + std::string(name));
}

constexpr std::int64_t kib = 1024;

// Each thread has a file; so many take longer to read than many a repetition.
constexpr std::int64_t threads_read_most = 256;

// What a gate puts into a program to see whether it would notice: a share of the timed part's time.
double slowdown_asked() {
    const char* const share = std::getenv("SUITE_SLOWDOWN");
    return share == nullptr ? 0 : std::max(0.0, std::strtod(share, nullptr));
}

std::chrono::steady_clock::time_point now_or_later(std::chrono::steady_clock::time_point begin,
                                                   double slowdown) {
    auto now = std::chrono::steady_clock::now();
    if (slowdown > 0) {
        const std::chrono::duration<double> share = (now - begin) * slowdown;
        const auto until =
            now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(share);
        while (now < until) {
            now = std::chrono::steady_clock::now();
        }
    }
    return now;
}

}  // namespace

usage usage::now() {
    rusage used{};
    timespec cpu{};
    getrusage(RUSAGE_SELF, &used);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    return {.at = std::chrono::steady_clock::now(),
            .cpu_ns = static_cast<double>(cpu.tv_sec) * 1e9 + static_cast<double>(cpu.tv_nsec),
            .voluntary_switches = used.ru_nvcsw,
            .involuntary_switches = used.ru_nivcsw,
            .minor_faults = used.ru_minflt,
            .major_faults = used.ru_majflt};
}

void meter::note_threads() {
    threads_peak_ = std::max(threads_peak_, status_line("Threads:"));
}

void meter::start() {
    note_threads();
    slowdown_ = slowdown_asked();
    threads_before_ = threads_peak_ <= threads_read_most ? thread_totals::now() : std::nullopt;
    if (counters_ != nullptr) {
        counted_before_ = counters_();
    }
    begin_ = usage::now();
}

void meter::stop() {
    // The clock comes first here and last in usage::now, so that the readings are not timed.
    const auto at = now_or_later(begin_.at, slowdown_);
    const usage end = usage::now();
    result_.real_ns = std::chrono::duration<double, std::nano>(at - begin_.at).count();
    result_.cpu_ns = end.cpu_ns - begin_.cpu_ns;
    if (counters_ != nullptr) {
        for (const auto& [name, count] : counters_()) {
            figure("count." + name, count - counted_before_[name]);
        }
    }
    note_threads();
    note_migrations(end);
    if (slowdown_ > 0) {
        figure("slowdown", slowdown_);
    }
    const auto difference = [&](std::string_view name, std::int64_t before, std::int64_t after) {
        figure(name, static_cast<double>(after - before));
    };
    difference("voluntary_switches", begin_.voluntary_switches, end.voluntary_switches);
    difference("involuntary_switches", begin_.involuntary_switches, end.involuntary_switches);
    difference("minor_faults", begin_.minor_faults, end.minor_faults);
    difference("major_faults", begin_.major_faults, end.major_faults);
    figure("threads_peak", static_cast<double>(threads_peak_));
    figure("peak_rss_bytes", static_cast<double>(resident_bytes_peak()));
    finished_ = true;
}

void meter::note_migrations(const usage& end) {
    if (!threads_before_ || threads_peak_ > threads_read_most) {
        return;
    }
    const std::optional<thread_totals> threads = thread_totals::now();
    if (!threads) {
        return;
    }
    const std::int64_t switches = end.voluntary_switches - begin_.voluntary_switches +
                                  end.involuntary_switches - begin_.involuntary_switches;
    const double cpu_ns = end.cpu_ns - begin_.cpu_ns;
    if (const auto found = migrations_between(*threads_before_, *threads, cpu_ns, switches)) {
        figure("migrations", static_cast<double>(*found));
    }
}

std::int64_t resident_bytes() {
    return status_line("VmRSS:") * kib;
}

std::int64_t resident_bytes_peak() {
    return status_line("VmHWM:") * kib;
}

}  // namespace suite
