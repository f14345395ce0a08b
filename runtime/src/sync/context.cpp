#include <weft/context.hpp>

#include "sched/scheduler.hpp"
#include "sync/cancel_scope.hpp"

#include <weft/error.hpp>

#include <stdexcept>

namespace weft {

namespace {

class context_error_category final : public std::error_category {
public:
    const char* name() const noexcept override { return "weft.context"; }
    std::string message(int error) const override {
        switch (static_cast<context_errc>(error)) {
            case context_errc::canceled:
                return "context canceled";
            case context_errc::deadline_exceeded:
                return "context deadline exceeded";
        }
        return "unknown context error";
    }
    std::error_condition default_error_condition(int error) const noexcept override {
        switch (static_cast<context_errc>(error)) {
            case context_errc::canceled:
                return std::errc::operation_canceled;
            case context_errc::deadline_exceeded:
                return std::errc::timed_out;
        }
        return {error, *this};
    }
};

}  // namespace

const std::error_category& context_category() noexcept {
    static const context_error_category category;
    return category;
}

std::error_code make_error_code(context_errc error) noexcept {
    return {static_cast<int>(error), context_category()};
}

namespace detail {

context_node::context_node(context_node* parent) noexcept
    : parent_(parent), scope_(parent->scope_), deadline_(parent->deadline_) {
    parent->add_reference();
}

void context_node::drop_reference(context_node* node) noexcept {
    // A loop: a chain of contexts may be longer than a stack is deep.
    while (node != nullptr && !node->immortal_) {
        // acq_rel: who destroys the node sees what the others did with it.
        if (node->references_.fetch_sub(1, platform::memory_order_acq_rel) != 1) {
            return;
        }
        context_node* parent = node->parent_;
        delete node;
        node = parent;
    }
}

const void* context_node::find(const void* key) const noexcept {
    for (const context_node* node = this; node != nullptr; node = node->parent_) {
        if (node->key_ == key) {
            return node->value_;
        }
    }
    return nullptr;
}

namespace {

/// Background and todo.
class root_node final : public context_node {
public:
    root_node() noexcept : context_node(immortal{}) {}
};

/// Never destroyed: handles in static objects may outlive any of them.
union kept_root {
    kept_root() noexcept : node() {}
    ~kept_root() {}  // NOLINT(modernize-use-equals-default): it would be deleted
    root_node node;
};

class uncancelled_node final : public context_node {
public:
    explicit uncancelled_node(context_node* parent) noexcept : context_node(parent) {
        scope_ = nullptr;
        deadline_ = no_deadline;
    }
};

cancel_scope* scope_of(const context& ctx) noexcept {
    return ctx ? ctx.node()->scope() : nullptr;
}

/// A linked scope below `parent`.
context make_scope(const context& parent, time_point deadline) {
    auto* scope = new cancel_scope(parent.node(), deadline);
    context ctx(scope);
    scope->link();
    return ctx;
}

}  // namespace

void throw_nil_parent() {
    throw panic("cannot create context from nil parent");
}

void cancel_right::use(const std::exception_ptr& cause) const noexcept {
    if (cancel_scope* scope = scope_of(of_)) {
        scope->cancel(context_errc::canceled, cause);
    }
}

stop_func register_action(const context& ctx, std::unique_ptr<end_action> action) {
    if (!ctx) {
        throw_nil_parent();
    }
    if (sched::active() == nullptr) {
        throw std::logic_error("weft: after_func outside run");
    }
    cancel_scope* scope = scope_of(ctx);
    stop_func stop(ctx, action.get());
    end_action& mine = *action.release();
    if (scope == nullptr) {
        mine.pending.store(true, platform::memory_order_relaxed);  // for good, or until stopped
    } else if (!scope->add(mine)) {
        mine.start();
    }
    return stop;
}

}  // namespace detail

bool stop_func::operator()() const noexcept {
    if (action_ == nullptr) {
        return false;
    }
    detail::cancel_scope* scope = detail::scope_of(of_);
    return scope != nullptr ? scope->remove(*action_)
                            : action_->pending.exchange(false, platform::memory_order_relaxed);
}

recv_chan<unit> context::done() const {
    detail::cancel_scope* scope = detail::scope_of(*this);
    return scope == nullptr ? chan<unit>() : scope->done();
}

std::error_code context::err() const noexcept {
    detail::cancel_scope* scope = detail::scope_of(*this);
    const int why = scope == nullptr ? 0 : scope->why();
    return why == 0 ? std::error_code() : make_error_code(static_cast<context_errc>(why));
}

std::exception_ptr context::cause() const noexcept {
    detail::cancel_scope* scope = detail::scope_of(*this);
    return scope == nullptr ? nullptr : scope->cause();
}

std::optional<time_point> context::deadline() const noexcept {
    if (node_ == nullptr || node_->deadline() == detail::context_node::no_deadline) {
        return std::nullopt;
    }
    return node_->deadline();
}

context background() noexcept {
    static detail::kept_root kept;
    return context(&kept.node);
}

context todo() noexcept {
    static detail::kept_root kept;
    return context(&kept.node);
}

with_cancel_result with_cancel(const context& parent) {
    if (!parent) {
        detail::throw_nil_parent();
    }
    context ctx = detail::make_scope(parent, parent.node()->deadline());
    return {ctx, cancel_func(ctx)};
}

with_cancel_cause_result with_cancel_cause(const context& parent) {
    if (!parent) {
        detail::throw_nil_parent();
    }
    context ctx = detail::make_scope(parent, parent.node()->deadline());
    return {ctx, cancel_cause_func(ctx)};
}

with_cancel_result with_deadline(const context& parent, time_point t) {
    if (!parent) {
        detail::throw_nil_parent();
    }
    if (parent.node()->deadline() <= t) {
        return with_cancel(parent);
    }
    if (sched::active() == nullptr) {
        throw std::logic_error("weft: a deadline outside run");
    }
    context ctx = detail::make_scope(parent, t);
    with_cancel_result result{ctx, cancel_func(ctx)};  // cancels should arming fail
    if (t <= now()) {
        ctx.node()->scope()->cancel(context_errc::deadline_exceeded, {});
    } else {
        ctx.node()->scope()->arm();
    }
    return result;
}

context without_cancel(const context& parent) {
    if (!parent) {
        detail::throw_nil_parent();
    }
    return context(new detail::uncancelled_node(parent.node()));
}

}  // namespace weft
