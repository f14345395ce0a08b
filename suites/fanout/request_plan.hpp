// What is asked for in fanout/request, what came of it, and whether that can be right.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/meter.hpp"
#include "suites/kit/settings.hpp"

namespace suite::fanout {

inline constexpr std::chrono::nanoseconds request_timeout = std::chrono::milliseconds(10);

/// What a request waits for.
enum class request_mode { all, first, timeout };

/// The answers that one request has seen, by the number of the sub-request.
class answers_seen {
public:
    void take(std::size_t sub_request) {
        const std::uint64_t bit = std::uint64_t{1} << sub_request;
        twice_ = twice_ || (seen_ & bit) != 0;
        seen_ |= bit;
    }
    std::uint64_t seen() const { return seen_; }
    bool twice() const { return twice_; }

private:
    std::uint64_t seen_ = 0;
    bool twice_ = false;
};

class request_plan {
public:
    static constexpr std::int64_t fan_max = 64;  // one bit for each sub-request

    explicit request_plan(const settings& run);

    std::size_t requests() const { return outcomes_.size(); }
    std::size_t fan() const { return fan_; }
    request_mode mode() const { return mode_; }
    /// As many answers as end the wait.
    std::size_t wanted() const { return mode_ == request_mode::first ? 1 : fan_; }

    /// How long a backend takes; drawn beforehand, alike for all contenders.
    std::chrono::nanoseconds delay(std::size_t request, std::size_t sub_request) const {
        return delays_[request * fan_ + sub_request];
    }

    void forget();
    /// How a sub-request ended; each marks its own place.
    void mark_answered(std::size_t request, std::size_t sub_request) {
        ends_[request * fan_ + sub_request] |= answered;
    }
    void mark_cancelled(std::size_t request, std::size_t sub_request) {
        ends_[request * fan_ + sub_request] |= cancelled;
    }
    /// What the request saw, and how long it waited for that.
    void conclude(std::size_t request, const answers_seen& seen, std::chrono::nanoseconds took) {
        outcomes_[request] = {seen, took};
    }

    /// Throws wrong_result unless every sub-request ended once, every request saw what it waited
    /// for, and none was answered before its backends could. Names the figures. Returns the number
    /// of sub-requests.
    std::uint64_t check(meter& stopwatch) const;

private:
    static constexpr std::uint8_t answered = 1;
    static constexpr std::uint8_t cancelled = 2;

    struct outcome {
        answers_seen seen;
        std::chrono::nanoseconds took{};
    };

    std::chrono::nanoseconds ideal(std::size_t request) const;
    void check_ends(std::size_t request, std::uint64_t& cancelled_in_all) const;
    void check_answers(std::size_t request) const;

    std::size_t fan_;
    request_mode mode_;
    std::vector<std::chrono::nanoseconds> delays_;
    std::vector<std::uint8_t> ends_;
    std::vector<outcome> outcomes_;
};

}  // namespace suite::fanout
