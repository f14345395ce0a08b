#include "suites/fanout/request_plan.hpp"

#include <algorithm>
#include <bit>
#include <random>

#include "suites/kit/check.hpp"
#include "suites/kit/latencies.hpp"

namespace suite::fanout {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds delay_mean = std::chrono::milliseconds(1);

request_mode to_mode(const std::string& text) {
    if (text == "all") {
        return request_mode::all;
    }
    if (text == "first") {
        return request_mode::first;
    }
    if (text == "timeout") {
        return request_mode::timeout;
    }
    throw usage_error("mode is all, first or timeout, not '" + text + "'");
}

std::vector<nanoseconds> draw_delays(const std::string& backend, std::size_t count) {
    if (backend == "none" || backend == "fixed_1ms") {
        return std::vector<nanoseconds>(count, backend == "none" ? nanoseconds(0) : delay_mean);
    }
    if (backend != "exp_1ms") {
        throw usage_error("backend is none, fixed_1ms or exp_1ms, not '" + backend + "'");
    }
    std::mt19937_64 random(1);
    std::exponential_distribution<double> draw(1 / static_cast<double>(delay_mean.count()));
    std::vector<nanoseconds> delays(count);
    std::generate(delays.begin(), delays.end(),
                  [&] { return nanoseconds(static_cast<std::int64_t>(draw(random))); });
    return delays;
}

}  // namespace

request_plan::request_plan(const settings& run)
    : fan_(static_cast<std::size_t>(run.number("fan", 1))), mode_(to_mode(run.text("mode"))) {
    if (fan_ > fan_max) {
        throw usage_error("fan is at most " + std::to_string(fan_max));
    }
    const auto requests = static_cast<std::size_t>(run.operations);
    delays_ = draw_delays(run.text("backend"), requests * fan_);
    ends_.resize(requests * fan_);
    outcomes_.resize(requests);
}

void request_plan::forget() {
    std::fill(ends_.begin(), ends_.end(), std::uint8_t{0});
    std::fill(outcomes_.begin(), outcomes_.end(), outcome{});
}

nanoseconds request_plan::ideal(std::size_t request) const {
    const auto begin = delays_.begin() + static_cast<std::ptrdiff_t>(request * fan_);
    const auto end = begin + static_cast<std::ptrdiff_t>(fan_);
    switch (mode_) {
        case request_mode::first:
            return *std::min_element(begin, end);
        case request_mode::timeout:
            return std::min(*std::max_element(begin, end), request_timeout);
        case request_mode::all:
            break;
    }
    return *std::max_element(begin, end);
}

void request_plan::check_ends(std::size_t request, std::uint64_t& cancelled_in_all) const {
    for (std::size_t sub_request = 0; sub_request < fan_; ++sub_request) {
        const std::uint8_t end = ends_[request * fan_ + sub_request];
        if (end != answered && end != cancelled) {
            throw wrong_result(end == 0 ? "a sub-request did not end"
                                        : "a sub-request both answered and was cancelled");
        }
        if (end == cancelled) {
            ++cancelled_in_all;
            if ((outcomes_[request].seen.seen() >> sub_request & 1) != 0) {
                throw wrong_result("a cancelled sub-request's answer was seen");
            }
        }
    }
}

void request_plan::check_answers(std::size_t request) const {
    const outcome& mine = outcomes_[request];
    const auto got = static_cast<std::size_t>(std::popcount(mine.seen.seen()));
    if (mine.seen.twice()) {
        throw wrong_result("an answer was seen twice");
    }
    const bool may_time_out = mode_ == request_mode::timeout && mine.took >= request_timeout;
    if (got > wanted() || (got < wanted() && !may_time_out)) {
        throw wrong_result("a request ended with " + std::to_string(got) + " answers");
    }
    if (mine.took < ideal(request)) {
        throw wrong_result("a request ended before its backends can have answered");
    }
}

std::uint64_t request_plan::check(meter& stopwatch) const {
    std::uint64_t cancelled_in_all = 0;
    latencies overheads(requests());
    for (std::size_t request = 0; request < requests(); ++request) {
        check_ends(request, cancelled_in_all);
        check_answers(request);
        overheads.add((outcomes_[request].took - ideal(request)).count());
    }
    overheads.report(stopwatch, "overhead_");
    stopwatch.figure("cancelled", 100 * static_cast<double>(cancelled_in_all) /
                                      static_cast<double>(ends_.size()));
    return ends_.size();
}

}  // namespace suite::fanout
