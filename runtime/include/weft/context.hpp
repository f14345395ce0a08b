// Contexts: deadlines, cancellation and values that go down a tree of calls.
#pragma once

#include <weft/chan.hpp>
#include <weft/detail/context_node.hpp>
#include <weft/runtime.hpp>
#include <weft/source_location.hpp>
#include <weft/time.hpp>

#include <chrono>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weft {

/// Why a context has ended. `canceled` is equivalent to std::errc::operation_canceled,
/// `deadline_exceeded` to std::errc::timed_out.
enum class context_errc { canceled = 1, deadline_exceeded };

/// The category of `context_errc`, named "weft.context".
const std::error_category& context_category() noexcept;
/// So that a `context_errc` converts to an error code.
std::error_code make_error_code(context_errc error) noexcept;

}  // namespace weft

template <>
struct std::is_error_code_enum<weft::context_errc> : std::true_type {};

namespace weft {

/// Names a value of type `V` that contexts may carry. Its identity is the object's address: give it
/// static storage.
template <class V>
class context_key {
public:
    /// `name` is for people; keys of one name are different keys.
    constexpr explicit context_key(const char* name = "") noexcept : name_(name) {}
    context_key(const context_key&) = delete;
    context_key& operator=(const context_key&) = delete;
    /// As given.
    constexpr const char* name() const noexcept { return name_; }

private:
    const char* name_;
};

/// A handle of a node in a tree of contexts; by convention the first parameter of what can be
/// cancelled. Default-constructed it is null. All members but assignment may be called from any
/// thread at the same time, inside and outside `run`.
///
/// | state    | `err()`           | `done()` | `cause()`                                  |
/// | -------- | ----------------- | -------- | ------------------------------------------ |
/// | open     | none              | open     | null                                       |
/// | ended    | why, for good     | closed   | what the first cancel gave, else of `err()` |
class context {
public:
    /// Null; copies are handles of the same node.
    ///@{
    context() noexcept = default;
    context(const context& other) noexcept : node_(other.node_) {
        if (node_ != nullptr) {
            node_->add_reference();
        }
    }
    context(context&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    context& operator=(context other) noexcept {
        std::swap(node_, other.node_);
        return *this;
    }
    ///@}
    ~context() {
        if (node_ != nullptr) {
            detail::context_node::drop_reference(node_);
        }
    }
    /// Whether this is not null.
    explicit operator bool() const noexcept { return node_ != nullptr; }
    /// Whether both are handles of one node.
    friend bool operator==(const context& a, const context& b) noexcept {
        return a.node_ == b.node_;
    }

    /// A channel that is closed when the context ends, always the same; nil for one that never
    /// can, and for null.
    recv_chan<unit> done() const;
    /// None until the context has ended, and why afterwards; then `done` is closed.
    std::error_code err() const noexcept;
    /// Null until the context has ended. What was given to the first cancel, here or further up;
    /// else a std::system_error of `err`.
    std::exception_ptr cause() const noexcept;
    /// When the context ends at the latest.
    std::optional<time_point> deadline() const noexcept;
    /// The innermost value that was set for `key`; null when there is none. Valid as long as a
    /// handle of this context lives.
    template <class V>
    const V* value(const context_key<V>& key) const noexcept {
        return node_ == nullptr ? nullptr : static_cast<const V*>(node_->find(&key));
    }

    /// Takes over one reference; the runtime's own, as is `node`.
    ///@{
    explicit context(detail::context_node* owned) noexcept : node_(owned) {}
    detail::context_node* node() const noexcept { return node_; }
    ///@}

private:
    detail::context_node* node_ = nullptr;
};

namespace detail {

/// The right to cancel one context; what `cancel_func` and `cancel_cause_func` have in common.
class cancel_right {
public:
    cancel_right() noexcept = default;
    explicit cancel_right(context of) noexcept : of_(std::move(of)) {}
    cancel_right(cancel_right&&) noexcept = default;
    cancel_right& operator=(cancel_right&& other) noexcept {
        if (this != &other) {
            use({});
            of_ = std::move(other.of_);
        }
        return *this;
    }
    ~cancel_right() { use({}); }

protected:
    void use(const std::exception_ptr& cause) const noexcept;

private:
    context of_;
};

}  // namespace detail

/// Cancels its context when called, and when destroyed or assigned over. Calling it again does
/// nothing. When it returns all descendants have ended too. Never blocks; may be called from any
/// thread at the same time. Costs a short lock per descendant.
class cancel_func : public detail::cancel_right {
public:
    using cancel_right::cancel_right;
    /// Cancels.
    void operator()() const noexcept { use({}); }
};

/// As `cancel_func`, and says why; a null cause is no cause.
class cancel_cause_func : public detail::cancel_right {
public:
    using cancel_right::cancel_right;
    /// Cancels because of `cause`.
    void operator()(const std::exception_ptr& cause) const noexcept { use(cause); }
};

struct with_cancel_result {
    weft::context ctx;
    cancel_func cancel;
};

struct with_cancel_cause_result {
    weft::context ctx;
    cancel_cause_func cancel;
};

/// Contexts that never end and have no values. `todo` says that it is not yet clear which to use.
///@{
context background() noexcept;
context todo() noexcept;
///@}

// Each of these throws `panic` "cannot create context from nil parent" for a null parent.

/// A context that ends when `cancel` is called or destroyed, or when `parent` ends.
///@{
with_cancel_result with_cancel(const context& parent);
with_cancel_cause_result with_cancel_cause(const context& parent);
///@}
/// As `with_cancel`, and ends at `t`, at once when that has passed. Where the parent ends earlier
/// it is `with_cancel`. Throws std::logic_error outside `run`, whose timers it needs. While `t` is
/// awaited no deadlock is reported.
with_cancel_result with_deadline(const context& parent, time_point t);
/// Has the parent's values, and nothing else of it.
context without_cancel(const context& parent);

/// `with_deadline` at `d` from now; what does not fit into a time saturates to never.
template <class Rep, class Period>
with_cancel_result with_timeout(const context& parent, std::chrono::duration<Rep, Period> d) {
    const duration wait{detail::saturated_ns(d)};
    const time_point start = now();
    return with_deadline(parent,
                         wait >= time_point::max() - start ? time_point::max() : start + wait);
}

namespace detail {
[[noreturn]] void throw_nil_parent();
}

/// A context in which `key` has `value`, which hides the parent's.
template <class V, class U = V>
requires std::is_constructible_v<V, U&&> context with_value(const context& parent,
                                                            const context_key<V>& key, U&& value) {
    if (!parent) {
        detail::throw_nil_parent();
    }
    return context(new detail::value_node<V>(parent.node(), &key, std::forward<U>(value)));
}

/// Keeps a function from being started; see `after_func`. May be copied. Destroying it leaves the
/// function registered.
class stop_func {
public:
    /// Of nothing; copies are of the same registration.
    ///@{
    stop_func() noexcept = default;
    stop_func(const stop_func& other) noexcept : of_(other.of_), action_(other.action_) {
        if (action_ != nullptr) {
            action_->add_reference();
        }
    }
    stop_func(stop_func&& other) noexcept
        : of_(std::move(other.of_)), action_(std::exchange(other.action_, nullptr)) {}
    stop_func& operator=(stop_func other) noexcept {
        std::swap(of_, other.of_);
        std::swap(action_, other.action_);
        return *this;
    }
    ///@}
    ~stop_func() {
        if (action_ != nullptr) {
            action_->drop_reference();
        }
    }

    /// True when this call kept the function from being started. Does not wait for it.
    bool operator()() const noexcept;

    /// Takes over one reference; the runtime's own.
    stop_func(context of, detail::end_action* owned) noexcept
        : of_(std::move(of)), action_(owned) {}

private:
    context of_;
    detail::end_action* action_ = nullptr;
};

namespace detail {
stop_func register_action(const context& ctx, std::unique_ptr<end_action> action);
}

/// Runs `f` in a goroutine of its own once `ctx` has ended, at once when it has. Registrations do
/// not know each other. Throws std::logic_error outside `run`, `panic` for a null context.
template <class F>
requires std::invocable<std::decay_t<F>> stop_func
after_func(const context& ctx, F&& f, source_location started_at = source_location::current()) {
    return detail::register_action(ctx, std::make_unique<detail::end_function<std::decay_t<F>>>(
                                            std::forward<F>(f), started_at));
}

}  // namespace weft
