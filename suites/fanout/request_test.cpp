#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "suites/fanout/signalled_requests.hpp"
#include "suites/kit/saboteur.hpp"

namespace suite::fanout {
namespace {

using std::chrono::milliseconds;

enum class fault {
    none,
    repeats,     // the second answer is the first one again
    hastens,     // who waits for a time does not
    rings_early  // timers fire at once
};

// One mutex for all channels makes waiting for several of them simple.
std::mutex channels_mutex;
std::condition_variable channels_changed;

template <fault Fault>
class plain_channel {
public:
    void send(std::uint64_t value) {
        const std::scoped_lock lock(channels_mutex);
        const bool second = !state_->sent.empty() && Fault == fault::repeats;
        state_->sent.push_back(second ? state_->sent.front() : value);
        state_->values.push_back(state_->sent.back());
        channels_changed.notify_all();
    }
    void close() {
        const std::scoped_lock lock(channels_mutex);
        state_->closed = true;
        channels_changed.notify_all();
    }
    std::optional<std::uint64_t> recv() {
        std::unique_lock lock(channels_mutex);
        channels_changed.wait(lock, [&] { return ready(); });
        return take();
    }
    std::size_t capacity() const { return 0; }

    bool ready() const { return state_->closed || !state_->values.empty(); }
    std::optional<std::uint64_t> take() {
        if (state_->values.empty()) {
            return std::nullopt;
        }
        const std::uint64_t value = state_->values.front();
        state_->values.pop_front();
        return value;
    }

private:
    struct state {
        std::deque<std::uint64_t> values;
        std::deque<std::uint64_t> sent;
        bool closed = false;
    };
    std::shared_ptr<state> state_ = std::make_shared<state>();
};

template <fault Fault>
struct selecting_saboteur : suite::testing::saboteur<> {
    using channel = plain_channel<Fault>;

    struct timer {
        bool stop() const { return true; }
    };

    template <class T>
    static channel make_channel(std::size_t) {
        return {};
    }

    template <std::size_t N>
    static received<std::uint64_t> recv_any(std::array<channel, N>& channels) {
        return recv_any_for(channels, std::chrono::hours(1));
    }
    template <std::size_t N>
    static received<std::uint64_t> try_recv_any(std::array<channel, N>& channels) {
        return recv_any_for(channels, milliseconds(0));
    }
    template <std::size_t N>
    static received<std::uint64_t> recv_any_for(std::array<channel, N>& channels,
                                                std::chrono::nanoseconds patience) {
        if (Fault == fault::hastens && N == 1) {
            patience = patience.zero();
        }
        const auto ready = [](const channel& each) { return each.ready(); };
        auto found = channels.end();
        std::unique_lock lock(channels_mutex);
        channels_changed.wait_for(lock, patience, [&] {
            found = std::find_if(channels.begin(), channels.end(), ready);
            return found != channels.end();
        });
        const auto index = static_cast<std::size_t>(found - channels.begin());
        return {index, found == channels.end() ? std::nullopt : found->take()};
    }

    template <class Function>
    static timer start_timer(std::chrono::nanoseconds time, Function function) {
        saboteur::spawn([time, function]() mutable {
            std::this_thread::sleep_for(Fault == fault::rings_early ? time.zero() : time);
            function();
        });
        return {};
    }
};

settings asked(const char* mode, const char* backend, const char* fan = "6") {
    settings run;
    run.workers = 2;
    run.operations = 5;
    run.parameters = {{"mode", mode}, {"backend", backend}, {"fan", fan}};
    return run;
}

template <fault Fault>
std::uint64_t select(const settings& run) {
    using contender = selecting_saboteur<Fault>;
    return suite::testing::repeat_once<contender, request_of<select_requests<contender>>>(run);
}

std::uint64_t signal(const settings& run) {
    using contender = suite::testing::saboteur<>;
    return suite::testing::repeat_once<
        contender, request_of<signalled_requests<contender, std::mutex, std::condition_variable>>>(
        run);
}

TEST(Request, CountsItsSubRequestsInEveryForm) {
    for (const char* mode : {"all", "first", "timeout"}) {
        for (const char* backend : {"none", "fixed_1ms", "exp_1ms"}) {
            EXPECT_EQ(select<fault::none>(asked(mode, backend)), 30U) << mode << backend;
            EXPECT_EQ(signal(asked(mode, backend)), 30U) << mode << backend;
        }
    }
}

TEST(Request, RefusesWhatItDoesNotKnow) {
    EXPECT_THROW(signal(asked("some", "none")), usage_error);
    EXPECT_THROW(signal(asked("all", "slow")), usage_error);
    EXPECT_THROW(signal(asked("all", "none", "65")), usage_error);
}

TEST(Request, FindsAnAnswerThatIsSeenTwice) {
    EXPECT_THROW(select<fault::repeats>(asked("all", "none")), wrong_result);
}

/// Enough requests that a loaded machine is not late with all of them: who is late is not too fast.
settings asked_often(const char* mode) {
    settings run = asked(mode, "fixed_1ms", "1");
    run.operations = 200;
    return run;
}

TEST(Request, FindsABackendThatIsTooFast) {
    EXPECT_THROW(select<fault::hastens>(asked_often("all")), wrong_result);
    EXPECT_THROW(select<fault::hastens>(asked_often("first")), wrong_result);
}

TEST(Request, FindsATimeoutThatIsTooEarly) {
    EXPECT_THROW(select<fault::rings_early>(asked_often("timeout")), wrong_result);
}

/// A request to two backends of 1 ms that both answered within 3 ms, after a fault.
template <class Fault>
void conclude(const char* mode, Fault fault) {
    settings run = asked(mode, "fixed_1ms", "2");
    run.operations = 1;
    request_plan plan(run);
    answers_seen seen;
    seen.take(0);
    if (plan.wanted() == 2) {
        seen.take(1);
    }
    plan.mark_answered(0, 0);
    plan.mark_answered(0, 1);
    plan.conclude(0, seen, milliseconds(3));
    fault(plan);
    meter stopwatch;
    plan.check(stopwatch);
}

TEST(RequestPlan, FindsEveryFault) {
    const answers_seen nothing;
    for (const char* mode : {"all", "first", "timeout"}) {
        EXPECT_NO_THROW(conclude(mode, [](request_plan&) {})) << mode;
        EXPECT_THROW(conclude(mode, [](request_plan& plan) { plan.forget(); }), wrong_result);
        EXPECT_THROW(conclude(mode, [](request_plan& plan) { plan.mark_cancelled(0, 1); }),
                     wrong_result);
        EXPECT_THROW(
            conclude(mode, [&](request_plan& plan) { plan.conclude(0, nothing, milliseconds(3)); }),
            wrong_result);
        EXPECT_THROW(conclude(mode,
                              [](request_plan& plan) {
                                  plan.forget();
                                  answers_seen first;
                                  first.take(0);
                                  plan.mark_cancelled(0, 0);
                                  plan.mark_answered(0, 1);
                                  plan.conclude(0, first, milliseconds(30));
                              }),
                     wrong_result);
    }
    EXPECT_NO_THROW(conclude(
        "timeout", [&](request_plan& plan) { plan.conclude(0, nothing, request_timeout); }));
}

}  // namespace
}  // namespace suite::fanout
