// The part of select that does not know element types.
#pragma once

#include <weft/detail/chan_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace weft::detail {

enum class direction : std::uint8_t { send, receive };

/// A channel case: what select needs to try it, to wait in it and to learn how it ended.
class select_case {
public:
    using attempt_function = attempt (*)(select_case& self, waiter*& wake);

    chan_core* core() const noexcept { return core_; }
    waiter_queue& queue() const noexcept {
        return direction_ == direction::send ? core_->senders() : core_->receivers();
    }
    waiter& place() noexcept { return waiter_; }
    /// Without the lock, a hint: whether the operation could proceed. Of a timer's channel it is
    /// always true, since the timer may be due and not have fired.
    bool may_proceed() const noexcept {
        return direction_ == direction::send ? !core_->send_would_block()
                                             : core_->timed() || !core_->receive_would_block();
    }
    /// Under the channel's lock.
    attempt try_now(waiter*& wake) { return attempt_(*this, wake); }
    void end(attempt how) noexcept { closed_ = how == attempt::closed; }
    /// Whether the channel was closed when the case was chosen.
    bool closed() const noexcept { return closed_; }

protected:
    void bind(chan_core* core, direction which, void* slot, attempt_function function) noexcept {
        core_ = core;
        direction_ = which;
        attempt_ = function;
        closed_ = false;
        waiter_ = waiter{};
        waiter_.slot = slot;
    }

private:
    chan_core* core_ = nullptr;
    attempt_function attempt_ = nullptr;
    waiter waiter_;
    direction direction_ = direction::receive;
    bool closed_ = false;
};

/// A case and its place among the caller's arguments.
struct select_slot {
    select_case* which = nullptr;
    std::uint32_t index = 0;
    std::uint32_t poll_order = 0;  // scratch of run_select: positions in orders of its own
    std::uint32_t lock_order = 0;
};

inline constexpr std::uint32_t no_case = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();

struct select_request {
    std::size_t channels = 0;  // how many slots there are
    std::int64_t timeout_ns = never_ns;
    std::uint32_t timeout = no_case;    // index to return when the timeout is chosen
    std::uint32_t otherwise = no_case;  // index to return when nothing can proceed
};

/// Chooses a case and does its operation; returns its index.
std::size_t run_select(select_slot* slots, const select_request& request);

}  // namespace weft::detail
