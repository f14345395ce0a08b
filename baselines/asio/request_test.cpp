// Requests and their backends, in every mode; and requests that are broken on purpose.

#include <gtest/gtest.h>

#include "asio_test.hpp"
#include "coroutine_requests.hpp"

namespace contender {
namespace {

constexpr std::int64_t requests = 20;

suite::settings asked(int workers, const char* fan, const char* mode, const char* backend) {
    return make_settings("thread_pool", workers, requests,
                         {{"fan", fan}, {"mode", mode}, {"backend", backend}});
}

class EveryRequest : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Asio, EveryRequest, testing::Values(1, 2, 5));

TEST_P(EveryRequest, AsksItsBackendsInEveryMode) {
    for (const char* mode : {"all", "first", "timeout"}) {
        for (const char* backend : {"none", "fixed_1ms", "exp_1ms"}) {
            EXPECT_EQ(repeat_once<coroutine_requests<request_in_strand>>(
                          asked(GetParam(), "6", mode, backend)),
                      6U * requests)
                << mode << ' ' << backend;
        }
    }
}

TEST_P(EveryRequest, AsksFewAndMany) {
    for (const char* fan : {"1", "64"}) {
        EXPECT_EQ(repeat_once<coroutine_requests<request_in_strand>>(
                      asked(GetParam(), fan, "first", "exp_1ms")),
                  std::stoul(fan) * requests);
    }
}

/// What it says that a request has seen, and when that ended, is changed by `Change`.
template <class Change>
class changed_request : public request_in_strand {
public:
    changed_request(suite::fanout::request_plan& plan, std::size_t request)
        : request_in_strand(plan, request), plan_(plan), request_(request) {}

    strand_task<suite::fanout::request_end> issue(strand here) {
        suite::fanout::request_end end = co_await request_in_strand::issue(here);
        Change::change(end, plan_, request_);
        co_return end;
    }

private:
    suite::fanout::request_plan& plan_;
    std::size_t request_;
};

struct hastens {
    static void change(suite::fanout::request_end& end, suite::fanout::request_plan&, std::size_t) {
        end.at -= std::chrono::hours(1);
    }
};

struct overlooks {
    static void change(suite::fanout::request_end& end, suite::fanout::request_plan&, std::size_t) {
        end.seen = {};
    }
};

struct repeats {
    static void change(suite::fanout::request_end& end, suite::fanout::request_plan&, std::size_t) {
        end.seen.take(0);
        end.seen.take(0);
    }
};

/// As if the first sub-request, which has ended, had been cancelled as well.
struct contradicts {
    static void change(suite::fanout::request_end&, suite::fanout::request_plan& plan,
                       std::size_t request) {
        plan.mark_cancelled(request, 0);
    }
};

template <class Change>
void expect_found(const char* mode) {
    EXPECT_THROW(
        repeat_once<coroutine_requests<changed_request<Change>>>(asked(2, "6", mode, "fixed_1ms")),
        suite::wrong_result)
        << mode;
}

TEST(Request, IsFoundOutWhenItEndsEarlySeesNothingOrTheSameTwiceOrContradictsItself) {
    for (const char* mode : {"all", "first"}) {
        expect_found<hastens>(mode);
        expect_found<overlooks>(mode);
        expect_found<repeats>(mode);
    }
    expect_found<contradicts>("all");
}

/// A request that goes on without waiting for sub-requests that it has not cancelled.
class request_of_none : public request_in_strand {
public:
    request_of_none(suite::fanout::request_plan& plan, std::size_t request)
        : request_in_strand(plan, request) {}

    static strand_task<suite::fanout::request_end> issue(strand) {
        co_await queued();
        suite::fanout::answers_seen seen;
        seen.take(0);
        co_return suite::fanout::request_end{
            seen, std::chrono::steady_clock::now() + std::chrono::hours(1)};
    }
};

TEST(Request, IsFoundOutWhenItsSubRequestsHaveNotEnded) {
    EXPECT_THROW(
        repeat_once<coroutine_requests<request_of_none>>(asked(2, "6", "first", "fixed_1ms")),
        suite::wrong_result);
}

}  // namespace
}  // namespace contender
