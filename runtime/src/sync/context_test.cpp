#include <weft/context.hpp>

#include "sched/panic_of.hpp"
#include "sync/channel_state.hpp"

#include <weft/error.hpp>

#include <gtest/gtest.h>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft {
namespace {

using sched::panic_of;
using namespace std::chrono_literals;

std::string text_of(const std::exception_ptr& cause) {
    if (cause == nullptr) {
        return "none";
    }
    try {
        std::rethrow_exception(cause);
    } catch (const std::exception& e) {
        return e.what();
    }
}

std::exception_ptr reason(const char* text) {
    return std::make_exception_ptr(std::runtime_error(text));
}

TEST(context, background_and_todo_never_end_and_are_two) {
    for (const context& ctx : {background(), todo()}) {
        EXPECT_TRUE(ctx);
        EXPECT_FALSE(ctx.done());
        EXPECT_FALSE(ctx.err());
        EXPECT_EQ(ctx.cause(), nullptr);
        EXPECT_FALSE(ctx.deadline());
    }
    EXPECT_EQ(background(), background());
    EXPECT_NE(background(), todo());
}

TEST(context, null_parent_panics_with_the_text_of_go) {
    static constexpr context_key<int> key;
    const std::string expected = "cannot create context from nil parent";
    EXPECT_EQ(panic_of([] { with_cancel({}); }), expected);
    EXPECT_EQ(panic_of([] { with_cancel_cause({}); }), expected);
    EXPECT_EQ(panic_of([] { with_timeout({}, 1s); }), expected);
    EXPECT_EQ(panic_of([] { with_deadline({}, now()); }), expected);
    EXPECT_EQ(panic_of([] { without_cancel({}); }), expected);
    EXPECT_EQ(panic_of([] { with_value({}, key, 1); }), expected);
    EXPECT_EQ(panic_of([] { after_func({}, [] {}); }), expected);
}

TEST(context, null_context_has_nothing) {
    const context none;
    static constexpr context_key<int> key;
    EXPECT_FALSE(none);
    EXPECT_FALSE(none.done());
    EXPECT_FALSE(none.err());
    EXPECT_EQ(none.cause(), nullptr);
    EXPECT_FALSE(none.deadline());
    EXPECT_EQ(none.value(key), nullptr);
}

TEST(context, errors_have_the_messages_of_go_and_generic_meanings) {
    const std::error_code canceled = context_errc::canceled;
    const std::error_code expired = context_errc::deadline_exceeded;
    EXPECT_EQ(canceled.message(), "context canceled");
    EXPECT_EQ(expired.message(), "context deadline exceeded");
    EXPECT_EQ(canceled, std::errc::operation_canceled);
    EXPECT_EQ(expired, std::errc::timed_out);
    EXPECT_NE(canceled, expired);
}

TEST(context, cancel_ends_all_descendants_before_it_returns) {
    static constexpr context_key<int> key;
    auto [top, cancel] = with_cancel(background());
    const recv_chan<unit> before = top.done();
    const context wrapped = with_value(top, key, 1);
    auto [child, cancel_child] = with_cancel(wrapped);
    auto [grandchild, cancel_grandchild] = with_cancel_cause(child);
    EXPECT_FALSE(is_closed(before));
    cancel();
    EXPECT_EQ(before, top.done());
    for (const context& each : {top, wrapped, child, grandchild}) {
        EXPECT_EQ(each.err(), context_errc::canceled);
        EXPECT_TRUE(is_closed(each.done()));
        EXPECT_EQ(text_of(each.cause()), "context canceled");
    }
    cancel();
    auto [late, cancel_late] = with_cancel(wrapped);
    EXPECT_EQ(late.err(), context_errc::canceled);
    EXPECT_TRUE(is_closed(late.done()));
}

TEST(context, child_that_ends_first_leaves_its_parent_and_siblings_alone) {
    auto [top, cancel] = with_cancel(background());
    auto [first, cancel_first] = with_cancel(top);
    auto [second, cancel_second] = with_cancel(top);
    auto [third, cancel_third] = with_cancel(top);
    cancel_second();
    EXPECT_EQ(second.err(), context_errc::canceled);
    for (const context& each : {top, first, third}) {
        EXPECT_FALSE(each.err());
        EXPECT_FALSE(is_closed(each.done()));
    }
    cancel();
    EXPECT_EQ(first.err(), context_errc::canceled);
    EXPECT_EQ(third.err(), context_errc::canceled);
}

TEST(context, cancel_func_cancels_when_destroyed_or_assigned_over) {
    context forgotten;
    {
        auto [ctx, cancel] = with_cancel(background());
        forgotten = ctx;
        cancel_func kept = std::move(cancel);
        EXPECT_FALSE(forgotten.err());
    }
    EXPECT_EQ(forgotten.err(), context_errc::canceled);

    auto [first, cancel_first] = with_cancel(background());
    auto [second, cancel_second] = with_cancel(background());
    cancel_first = std::move(cancel_second);
    EXPECT_EQ(first.err(), context_errc::canceled);
    EXPECT_FALSE(second.err());
    cancel_first = cancel_func();
    EXPECT_EQ(second.err(), context_errc::canceled);
}

TEST(context, first_cause_wins_and_goes_down) {
    auto [top, cancel] = with_cancel_cause(background());
    auto [early, cancel_early] = with_cancel_cause(top);
    auto [late, cancel_late] = with_cancel_cause(top);
    EXPECT_EQ(top.cause(), nullptr);
    cancel_early(reason("child"));
    cancel(reason("parent"));
    cancel(reason("again"));
    cancel_late(reason("too late"));
    EXPECT_EQ(text_of(early.cause()), "child");
    EXPECT_EQ(text_of(top.cause()), "parent");
    EXPECT_EQ(text_of(late.cause()), "parent");
    EXPECT_EQ(late.err(), context_errc::canceled);

    auto [plain, cancel_plain] = with_cancel_cause(background());
    cancel_plain(nullptr);
    EXPECT_EQ(text_of(plain.cause()), "context canceled");
    EXPECT_EQ(plain.cause(), plain.cause());
    try {
        std::rethrow_exception(plain.cause());
    } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), plain.err());
    }
}

TEST(context, values_are_found_from_the_inside_out) {
    static constexpr context_key<int> number("number");
    static constexpr context_key<int> other;
    static constexpr context_key<std::string> name;
    const context one = with_value(background(), number, 1);
    const context named = with_value(one, name, "weft");
    const context two = with_value(named, number, 2);
    const context cut = without_cancel(two);
    EXPECT_EQ(*one.value(number), 1);
    EXPECT_EQ(*two.value(number), 2);
    EXPECT_EQ(*two.value(name), "weft");
    EXPECT_EQ(*cut.value(number), 2);
    EXPECT_EQ(two.value(other), nullptr);
    EXPECT_EQ(one.value(name), nullptr);
    EXPECT_STREQ(number.name(), "number");
    const context moved_in = with_value(background(), context_key<std::unique_ptr<int>>(), nullptr);
    EXPECT_TRUE(moved_in);
}

TEST(context, without_cancel_keeps_values_only) {
    static constexpr context_key<int> key;
    auto [top, cancel] = with_cancel(with_value(background(), key, 7));
    const context cut = without_cancel(top);
    auto [below, cancel_below] = with_cancel(cut);
    cancel();
    EXPECT_FALSE(cut.err());
    EXPECT_FALSE(cut.done());
    EXPECT_EQ(cut.cause(), nullptr);
    EXPECT_FALSE(below.err());
    EXPECT_EQ(*below.value(key), 7);
}

TEST(context, chain_of_any_length_is_cancelled_and_freed) {
    constexpr int depth = 100'000;
    auto [top, cancel] = with_cancel(background());
    std::vector<cancel_func> keep;
    keep.reserve(depth);
    context last = top;
    for (int i = 0; i < depth; ++i) {
        with_cancel_result next = with_cancel(last);
        last = std::move(next.ctx);
        keep.push_back(std::move(next.cancel));
    }
    cancel();
    EXPECT_EQ(last.err(), context_errc::canceled);
    top = context();
    cancel = cancel_func();
    keep.clear();
    EXPECT_TRUE(is_closed(last.done()));  // holds the whole chain, until here
}

TEST(context, deadline_outside_run_throws) {
    EXPECT_THROW(with_timeout(background(), 1s), std::logic_error);
    EXPECT_THROW(after_func(background(), [] {}), std::logic_error);
}

}  // namespace
}  // namespace weft
