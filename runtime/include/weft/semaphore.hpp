// A number of tokens that are acquired and released in any amount.
#pragma once

#include <weft/context.hpp>
#include <weft/detail/bubble.hpp>
#include <weft/detail/wait_list.hpp>

#include <cstdint>
#include <system_error>

namespace weft {

/// A weighted semaphore: `n` tokens at most are held at any time. First in, first out: who needs
/// few tokens does not overtake who waits for many. Blocks the goroutine, not the processor. Any
/// goroutine may release.
///
/// A negative amount is a `panic`. A release synchronizes with the acquisitions that it makes
/// possible. Without anybody to wait for, each operation is one short lock.
class semaphore {
public:
    /// With `n` tokens, all free.
    explicit semaphore(std::int64_t n);
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;

    /// Waits for `n` tokens and takes them; for ever when there are fewer in all.
    void acquire(std::int64_t n = 1);
    /// As above, or until `ctx` has ended: then takes none and returns `ctx.err()`. A context that
    /// has ended already prevails over tokens that are free. A wait for more tokens than there are
    /// in all holds nobody up, and ends with the context.
    std::error_code acquire(const context& ctx, std::int64_t n = 1);
    /// Takes `n` tokens if they are free and nobody waits. Never blocks.
    bool try_acquire(std::int64_t n = 1);
    /// Gives `n` tokens back. Never blocks. Throws `panic` "semaphore: released more than held",
    /// with nothing changed.
    void release(std::int64_t n = 1);

private:
    struct place;
    // Under the list's lock.
    bool take(std::int64_t n) noexcept;
    void grant(detail::woken_nodes& granted) noexcept;

    /// Whether only the caller's bubble can end its wait.
    bool waits_durably() const noexcept;
    bool wait_until_ended(place& mine, detail::chan_core& end);
    void withdraw(place& mine) noexcept;

    const std::int64_t size_;
    const detail::bubble_id bubble_ = detail::bubble_of_caller();
    std::int64_t held_ = 0;  // guarded by the list's lock
    detail::wait_list waiting_;
};

}  // namespace weft
