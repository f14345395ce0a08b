// What a context is a handle of.
#pragma once

#include <weft/runtime.hpp>
#include <weft/time.hpp>

#include <exception>
#include <utility>

namespace weft::detail {

class cancel_scope;

/// A node of the tree of contexts; it keeps its parent alive. Immutable, but for what a
/// `cancel_scope` adds.
class context_node {
public:
    static constexpr time_point no_deadline = time_point::max();

    /// Inherits the parent's scope and deadline.
    explicit context_node(context_node* parent) noexcept;
    virtual ~context_node() = default;
    context_node(const context_node&) = delete;
    context_node& operator=(const context_node&) = delete;

    void add_reference() noexcept {
        if (!immortal_) {
            references_.fetch_add(1, platform::memory_order_relaxed);
        }
    }
    /// Drops one reference of `node`, which may end it and every ancestor that it held.
    static void drop_reference(context_node* node) noexcept;

    /// The nearest scope that can be cancelled, itself included; null when there is none.
    cancel_scope* scope() const noexcept { return scope_; }
    time_point deadline() const noexcept { return deadline_; }
    /// The innermost value of `key`, or null.
    const void* find(const void* key) const noexcept;

protected:
    struct immortal {};
    explicit context_node(immortal) noexcept : immortal_(true) {}

    context_node* parent_ = nullptr;
    cancel_scope* scope_ = nullptr;
    time_point deadline_ = no_deadline;
    const void* key_ = nullptr;
    const void* value_ = nullptr;

private:
    const bool immortal_ = false;  // not counted: background would be a line that all cores write
    platform::atomic<std::uint32_t> references_{1};
};

template <class V>
class value_node final : public context_node {
public:
    template <class U>
    value_node(context_node* parent, const void* key, U&& value)
        : context_node(parent), stored_(std::forward<U>(value)) {
        key_ = key;
        value_ = &stored_;
    }

private:
    const V stored_;
};

/// One function that waits for a scope's end, or has been kept from doing so. Held by the scope
/// while it is pending there and by the stop functions.
class end_action {
public:
    end_action() = default;
    virtual ~end_action() = default;
    end_action(const end_action&) = delete;
    end_action& operator=(const end_action&) = delete;

    /// Starts the function as a goroutine; throws as `go`.
    virtual void start() = 0;
    void add_reference() noexcept { references_.fetch_add(1, platform::memory_order_relaxed); }
    void drop_reference() noexcept {
        // acq_rel: who destroys it sees what the others did with it.
        if (references_.fetch_sub(1, platform::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

    /// It will be started or stopped, by whoever clears this; under the scope's lock where there is
    /// one.
    platform::atomic<bool> pending{false};
    // Guarded by the scope's lock.
    end_action* next = nullptr;
    end_action* prev = nullptr;

private:
    platform::atomic<std::uint32_t> references_{1};
};

template <class F>
class end_function final : public end_action {
public:
    template <class G>
    end_function(G&& function, source_location started_at)
        : function_(std::forward<G>(function)), started_at_(started_at) {}
    void start() override { go(std::move(function_), started_at_); }

private:
    F function_;
    source_location started_at_;
};

}  // namespace weft::detail
