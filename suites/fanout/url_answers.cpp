#include "suites/fanout/url_answers.hpp"

#include "suites/kit/check.hpp"
#include "suites/kit/descriptor_limit.hpp"

namespace suite::fanout {

url_answers::url_answers(const settings& run)
    : peer_(run.service.value()), slots_(static_cast<std::size_t>(run.number("urls", 1))) {
    const std::string delay_ms = std::to_string(run.number("delay_ms"));
    target_ = "/delay/" + delay_ms + "?token=" + peer_.token;
    body_ = "waited " + delay_ms + " ms\n";
    raise_descriptor_limit();
}

void url_answers::forget() {
    slots_.assign(slots_.size(), slot{});
}

void url_answers::take(std::size_t url, const http_answer& answer) {
    slot& mine = slots_[url];
    constexpr int ok = 200;
    if (answer.status != ok) {
        mine.wrong = "status " + std::to_string(answer.status);
    } else if (answer.header("Delay-Server-Token") != peer_.token) {
        mine.wrong = "not the token of this run's server";
    } else if (answer.body != body_) {
        mine.wrong = "another body than the one asked for";
    } else {
        ++mine.right;
    }
}

void url_answers::fail(std::size_t url, const std::exception&) {
    slots_[url].failure = std::current_exception();
}

std::uint64_t url_answers::check(std::int64_t times) const {
    std::uint64_t right = 0;
    for (const slot& each : slots_) {
        if (each.failure) {
            std::rethrow_exception(each.failure);
        }
        if (!each.wrong.empty()) {
            throw wrong_result("an answer has " + each.wrong);
        }
        require_equal(each.right, times, "right answers for a URL");
        right += static_cast<std::uint64_t>(each.right);
    }
    return right;
}

}  // namespace suite::fanout
