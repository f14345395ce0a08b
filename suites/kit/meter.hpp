// Measures one repetition: the time of its timed part and what the process spent in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "suites/kit/thread_totals.hpp"

namespace suite {

/// What the process had used up at one instant.
struct usage {
    std::chrono::steady_clock::time_point at;
    double cpu_ns = 0;
    std::int64_t voluntary_switches = 0;
    std::int64_t involuntary_switches = 0;
    std::int64_t minor_faults = 0;
    std::int64_t major_faults = 0;

    static usage now();
};

/// Figures of one finished repetition, as they go into the record.
struct measurement {
    double real_ns = 0;
    double cpu_ns = 0;
    std::map<std::string, double, std::less<>> figures;
};

/// One repetition's stopwatch. A body calls start and stop once each around what is timed, and
/// names its own figures and effective values; checks come after stop.
class meter {
public:
    /// Counters of the contender's own, read before and after the timed part.
    using counters = std::map<std::string, double> (*)();

    meter() = default;
    explicit meter(counters of_contender) : counters_(of_contender) {}

    void start();

    /// With SUITE_SLOWDOWN in the environment the timed part takes by that share longer.
    void stop();

    /// Time between start and stop.
    double elapsed_ns() const { return result_.real_ns; }

    /// Adds a figure of the workload's own.
    void figure(std::string_view name, double value) {
        result_.figures.insert_or_assign(std::string(name), value);
    }

    /// States the value that a parameter really had, where the contender decides it.
    void effective(std::string_view name, std::string value) {
        effective_.insert_or_assign(std::string(name), std::move(value));
    }

    /// Takes part in finding the largest number of threads; reads a file, so not while timing
    /// something short.
    void note_threads();

    const measurement& result() const { return result_; }
    const std::map<std::string, std::string, std::less<>>& effective() const { return effective_; }
    bool finished() const { return finished_; }

private:
    void note_migrations(const usage& end);

    counters counters_ = nullptr;
    std::map<std::string, double> counted_before_;
    usage begin_{};
    double slowdown_ = 0;
    std::optional<thread_totals> threads_before_;
    bool finished_ = false;
    std::int64_t threads_peak_ = 0;
    measurement result_;
    std::map<std::string, std::string, std::less<>> effective_;
};

/// Bytes of this process that are in memory now.
std::int64_t resident_bytes();

/// The most that were ever; not getrusage's figure, which starts at that of the process before
/// exec.
std::int64_t resident_bytes_peak();

}  // namespace suite
