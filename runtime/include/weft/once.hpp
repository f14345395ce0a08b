// Doing something once, whoever comes first.
#pragma once

#include <weft/detail/atomic.hpp>
#include <weft/error.hpp>
#include <weft/mutex.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace weft {

/// Runs one function, once.
class once {
public:
    once() = default;
    once(const once&) = delete;
    once& operator=(const once&) = delete;

    /// The first caller runs `f`; the others wait until that has ended, and later ones return at
    /// once. `f` is done even if an exception leaves it, to its caller; it is not run again. A call
    /// from within `f` waits for ever. The end of `f` synchronizes with the return of every call.
    /// Costs one load when it is done.
    template <std::invocable F>
    void call(F&& f) {
        if (!done_.load(platform::memory_order_acquire)) {
            call_first(std::forward<F>(f));
        }
    }

private:
    /// Says so when `f` has ended, in whatever way.
    struct completion {
        platform::atomic<bool>& done;
        explicit completion(platform::atomic<bool>& what) noexcept : done(what) {}
        completion(const completion&) = delete;
        completion& operator=(const completion&) = delete;
        ~completion() { done.store(true, platform::memory_order_release); }
    };

    template <class F>
    void call_first(F&& f) {
        const std::lock_guard turn(running_);
        if (!done_.load(platform::memory_order_relaxed)) {
            const completion at_the_end(done_);
            std::invoke(std::forward<F>(f));
        }
    }

    platform::atomic<bool> done_{false};
    mutex running_;
};

namespace detail {

template <class F>
concept has_result = std::invocable<F> && !std::is_void_v<std::invoke_result_t<F>>;

/// A function that is to be run once, and how that ended.
template <class F>
class once_outcome {
public:
    using result = std::invoke_result_t<F>;
    /// What is kept of a result.
    using value =
        std::conditional_t<std::is_void_v<result>, std::monostate, std::remove_cvref_t<result>>;

    template <class G>
    explicit once_outcome(std::in_place_t, G&& function)
        : function_(std::in_place, std::forward<G>(function)) {}

    const value& get() {
        once_.call([this] { run(); });
        if (!value_.has_value()) {
            rethrow();
        }
        return *value_;
    }

private:
    void run() {
        try {
            F function(std::move(*function_));  // gone when it has ended, with all that it holds
            function_.reset();
            if constexpr (std::is_void_v<result>) {
                std::invoke(std::move(function));
                value_.emplace();
            } else {
                value_.emplace(std::invoke(std::move(function)));
            }
        } catch (...) {
            error_ = std::current_exception();
        }
    }
    [[noreturn]] void rethrow() const {
        if (error_ == nullptr) {
            throw panic("weft: goexit has left the function that is run once");
        }
        std::rethrow_exception(error_);
    }

    once once_;
    std::optional<F> function_;
    std::optional<value> value_;
    std::exception_ptr error_;
};

}  // namespace detail

/// A function that runs `f` when it is first called, and otherwise does nothing, as `once::call`
/// does. An exception that left `f` leaves each of its calls, the same one. Copies share the one
/// run. `f` is destroyed when it has ended. May be called from anywhere at the same time.
template <class F>
requires std::invocable<std::decay_t<F>>
auto once_func(F&& f) {
    using outcome = detail::once_outcome<std::decay_t<F>>;
    return [shared = std::make_shared<outcome>(std::in_place, std::forward<F>(f))] {
        static_cast<void>(shared->get());
    };
}

/// As `once_func`; each call returns the result of the one run, as a constant that lives as long as
/// a copy of the function.
template <class F>
requires detail::has_result<std::decay_t<F>>
auto once_value(F&& f) {
    using outcome = detail::once_outcome<std::decay_t<F>>;
    return [shared = std::make_shared<outcome>(
                std::in_place, std::forward<F>(f))]() -> const typename outcome::value& {
        return shared->get();
    };
}

}  // namespace weft
