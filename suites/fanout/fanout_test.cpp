#include <gtest/gtest.h>

#include "suites/fanout/urls.hpp"
#include "suites/kit/saboteur.hpp"

namespace suite::fanout {
namespace {

using testing::defect;

constexpr std::string_view good_answer =
    "HTTP/1.1 200 OK\r\ndelay-server-token: t0ken\r\nContent-Length: 13\r\n\r\nwaited 10 ms\n";

/// A connection whose peer has already answered; gives out few bytes at a time, as a network may.
class scripted_stream {
public:
    explicit scripted_stream(std::string answer) : rest_(std::move(answer)) {}

    std::size_t read_some(std::span<std::byte> into) {
        const std::size_t size = std::min({into.size(), rest_.size(), std::size_t{5}});
        std::copy_n(reinterpret_cast<const std::byte*>(rest_.data()), size, into.begin());
        rest_.erase(0, size);
        return size;
    }
    std::size_t write_some(std::span<const std::byte> from) {
        return std::min(from.size(), std::size_t{7});
    }
    void close() {}

private:
    std::string rest_;
};

template <defect Defect = defect::none>
struct scripted_contender : testing::saboteur<Defect> {
    static inline std::string answer;
    static scripted_stream connect(const server&) { return scripted_stream(answer); }
};

std::string spoilt(std::string_view what, std::string_view with) {
    std::string text(good_answer);
    text.replace(text.find(what), what.size(), with);
    return text;
}

template <defect Defect = defect::none>
std::uint64_t fetch(const char* mode, const std::string& answer) {
    using contender = scripted_contender<Defect>;
    contender::answer = answer;
    settings run;
    run.workers = 2;
    run.operations = 1;
    run.parameters = {{"urls", "30"}, {"delay_ms", "10"}, {"mode", mode}};
    run.service = server{"127.0.0.1", 80, "t0ken"};
    return testing::repeat_once<contender, urls<contender>>(run);
}

TEST(Urls, CountsTheRightAnswersInEveryMode) {
    for (const char* mode : {"sequential", "all_at_once", "pool"}) {
        EXPECT_EQ(fetch(mode, std::string(good_answer)), 30U) << mode;
    }
    EXPECT_THROW(fetch("backwards", std::string(good_answer)), usage_error);
}

TEST(Urls, FindsWrongAnswers) {
    EXPECT_THROW(fetch("pool", spoilt("200", "403")), wrong_result);
    EXPECT_THROW(fetch("pool", spoilt("t0ken", "other")), wrong_result);
    EXPECT_THROW(fetch("pool", spoilt("waited 10", "waited 11")), wrong_result);
}

TEST(Urls, FindsUrlsThatWereDroppedOrFetchedTwice) {
    EXPECT_THROW(fetch<defect::drops>("pool", std::string(good_answer)), wrong_result);
    EXPECT_THROW(fetch<defect::duplicates>("pool", std::string(good_answer)), wrong_result);
}

TEST(Urls, ReportsAnAnswerThatWasCutOff) {
    EXPECT_THROW(fetch("all_at_once", spoilt("ms\n", "")), std::runtime_error);
    EXPECT_THROW(fetch("all_at_once", "HTTP/1.1 200 OK\r\n"), std::runtime_error);
    EXPECT_THROW(fetch("all_at_once", ""), std::runtime_error);
}

TEST(HttpAnswer, FindsHeadersWithoutRegardToCase) {
    const http_answer answer = parse_http_answer(std::string(good_answer));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Delay-Server-Token"), "t0ken");
    EXPECT_EQ(answer.header("CONTENT-LENGTH"), "13");
    EXPECT_EQ(answer.header("Content"), "");
    EXPECT_EQ(answer.body, "waited 10 ms\n");
}

TEST(HttpRequest, AsksForTheConnectionsEnd) {
    const std::string text = http_request({"127.0.0.1", 4711, "t"}, "/delay/1?token=t");
    EXPECT_EQ(text,
              "GET /delay/1?token=t HTTP/1.1\r\nHost: 127.0.0.1:4711\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace suite::fanout
