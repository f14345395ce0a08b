// Goroutines that work on one task, and fail together.
#pragma once

#include <weft/context.hpp>
#include <weft/detail/bubble.hpp>
#include <weft/detail/wait_list.hpp>
#include <weft/runtime.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

namespace weft {

/// Goroutines that are waited for together, Go's errgroup. The first exception that leaves one of
/// them ends the group's context, with that exception as the cause, and leaves `wait`; later ones
/// are dropped. What a goroutine did before it ended is visible after `wait`. Any thread may call
/// any member at any time, but for the destructor.
class group {
public:
    /// The group's context derives from `background()`, or from `parent`. Throws `panic` when that
    /// is null.
    ///@{
    group();
    explicit group(const weft::context& parent);
    ///@}
    /// Waits for all goroutines, whose exceptions are dropped, and ends the context.
    ~group();
    group(const group&) = delete;
    group& operator=(const group&) = delete;

    /// Ends at the first exception, when `wait` returns, or with its parent: pass it to what the
    /// goroutines do, so that the rest stop when one fails.
    weft::context context() const { return ctx_; }

    /// Runs `f` in a goroutine of the group; first waits, in order, until the limit allows for one.
    /// `f` is destroyed before the goroutine counts as ended, as it does after `goexit` too. Throws
    /// as `weft::go`.
    template <class F>
    requires std::invocable<std::decay_t<F>>
    void go(F&& f, source_location started_at = source_location::current()) {
        enter();
        start(std::forward<F>(f), started_at);
    }
    /// As `go`, but returns false instead of waiting, with `f` untouched.
    template <class F>
    requires std::invocable<std::decay_t<F>>
    bool try_go(F&& f, source_location started_at = source_location::current()) {
        if (!try_enter()) {
            return false;
        }
        start(std::forward<F>(f), started_at);
        return true;
    }
    /// How many goroutines the group has at most: 0 keeps all from being started, a negative number
    /// is no limit, as in the beginning. Throws `panic` "errgroup: modify limit while ...
    /// goroutines in the group are still active" when a limit is set and there are any.
    void set_limit(int n);

    /// Waits until no goroutine is left, ends the context, and throws the first exception.
    void wait();

private:
    /// A goroutine's place in the group, which it leaves however it ends.
    struct membership {
        group& of;
        explicit membership(group& which) noexcept : of(which) {}
        membership(const membership&) = delete;
        membership& operator=(const membership&) = delete;
        ~membership() { of.leave(); }
    };

    explicit group(with_cancel_cause_result scope) noexcept;
    void enter();
    bool try_enter() noexcept;
    void leave() noexcept;
    void fail(const std::exception_ptr& error) noexcept;
    void wait_for_all();
    // Under turns_'s lock.
    void forget_earlier_run() noexcept;
    void keep_to_one_bubble() noexcept;
    bool admits() const noexcept { return limit_ < 0 || active_ < limit_; }
    void admit(detail::woken_nodes& admitted) noexcept;

    template <class F>
    void start(F&& f, source_location started_at) {
        try {
            weft::go([this, f = std::decay_t<F>(std::forward<F>(f))]() mutable { perform(f); },
                     started_at);
        } catch (...) {
            leave();
            throw;
        }
    }
    template <class F>
    void perform(F& f) {
        const membership until_the_end(*this);
        try {
            F function(std::move(f));
            std::invoke(std::move(function));
        } catch (...) {
            fail(std::current_exception());
        }
    }

    const weft::context ctx_;
    const cancel_cause_func cancel_;

    detail::wait_list turns_;  // who waits to start a goroutine; its lock guards what follows
    std::int64_t limit_ = -1;
    std::int64_t active_ = 0;
    std::uint32_t epoch_ = 0;                       // the run that active_ is about
    detail::bubble_id bubble_ = detail::no_bubble;  // of all of them, when there are any
    std::exception_ptr error_;
    detail::wait_list ends_;  // who waits for all; locked after turns_
};

}  // namespace weft
