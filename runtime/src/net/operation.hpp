// An operation on a socket: tried first, then waited for.
#pragma once

#include "platform/clock.hpp"
#include "sched/execution.hpp"
#include "sched/poll_descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace weft::net {

/// A socket's number, which stays what it is while this lives; none when it has been closed.
class socket_use {
public:
    socket_use(sched::poll_descriptor* where, std::uint32_t generation) noexcept
        : where_(where != nullptr && where->enter(generation) ? where : nullptr) {}
    ~socket_use() {
        if (where_ != nullptr) {
            where_->leave();
        }
    }
    socket_use(const socket_use&) = delete;
    socket_use& operator=(const socket_use&) = delete;
    explicit operator bool() const noexcept { return where_ != nullptr; }
    int number() const noexcept { return where_->number(); }

private:
    sched::poll_descriptor* where_;
};

/// Calls `call(number, retry_ns)` until it returns something else than -EAGAIN, and returns that;
/// waits in between, at most until `retry_ns` where the call set that. -ECANCELED once the socket
/// is closed, -ETIMEDOUT once the direction's deadline has passed. Throws std::logic_error where it
/// would wait outside `run`.
template <class Call>
std::int64_t perform(sched::poll_descriptor* where, std::uint32_t generation,
                     sched::io_direction towards, Call call) {
    std::int64_t result = -EAGAIN;
    for (bool waited = false;; waited = true) {
        sched::goroutine* party = nullptr;
        std::uint32_t seen = 0;
        std::int64_t deadline = sched::no_deadline;
        std::int64_t retry = sched::no_deadline;
        {
            const socket_use use(where, generation);
            if (!use) {
                return -ECANCELED;
            }
            seen = where->changes(towards);
            deadline = where->deadline_ns(towards);
            const bool late = deadline != sched::no_deadline && platform::now_ns() >= deadline;
            result = late ? -ETIMEDOUT : call(use.number(), retry);
            if (result == -EAGAIN) {
                party = &sched::this_party();
                if (const int error = where->watch(); error != 0) {
                    result = error;
                }
            }
        }
        sched::io_wait outcome = sched::io_wait::try_again;
        if (result == -EAGAIN) {
            outcome = where->wait(*party, generation, towards, seen, std::min(deadline, retry));
        }
        if (outcome == sched::io_wait::closed) {
            return -ECANCELED;
        }
        if (outcome == sched::io_wait::no_memory) {
            result = -ENOMEM;
        }
        if (result != -EAGAIN) {
            if (waited) {
                where->hand_on(generation, towards);
            }
            return result;
        }
    }
}

}  // namespace weft::net
