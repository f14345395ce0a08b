// Waiting for a number of things to be done.
#pragma once

#include <weft/detail/bubble.hpp>
#include <weft/detail/wait_list.hpp>
#include <weft/runtime.hpp>

#include <cstdint>
#include <exception>
#include <utility>

namespace weft {

/// Waits for a number of things to be done. Counts up with `add`, down with `done`; `wait` blocks
/// until the count is zero. May be destroyed once the last `wait` has returned, and used again
/// then. `done` synchronizes with the `wait` that it ends.
class wait_group {
public:
    wait_group() = default;
    wait_group(const wait_group&) = delete;
    wait_group& operator=(const wait_group&) = delete;

    /// Never blocks. Throws `panic` "sync: negative WaitGroup counter", with the count unchanged.
    /// To count up from zero while somebody waits is a mistake, and where it is noticed `panic`
    /// "sync: WaitGroup misuse: Add called concurrently with Wait" for who counts down.
    void add(std::int64_t n);
    /// One thing less; as `add(-1)`.
    void done() { add(-1); }
    /// Blocks until the count is zero; at once when it is.
    void wait();
    /// Counts up, starts `f` as a goroutine, counts down when it has ended.
    template <class F>
    void go(F&& f, source_location started_at = source_location::current()) {
        add(1);
        try {
            weft::go(
                [this, f = std::forward<F>(f)]() mutable {
                    const done_at_end end{*this};
                    std::move(f)();
                },
                started_at);
        } catch (...) {
            done();
            throw;
        }
    }

private:
    /// After `goexit` too; an exception ends the process, and nothing may go on before it has.
    struct done_at_end {
        wait_group& group;
        ~done_at_end() noexcept(false) {  // a panic is the goroutine's
            if (std::uncaught_exceptions() == 0) {
                group.done();
            }
        }
    };

    void associate(detail::bubble_id bubble);
    void dissociate(std::uint64_t state, std::int64_t n);
    void settle(std::uint64_t state, std::int64_t n, bool fits);
    bool waits_durably(std::uint64_t state) const noexcept;

    // The count in the upper half, those who wait in the lower: whoever brings the count to zero
    // learns in the same instruction whether anybody waits, and touches the object no more if not.
    // Between them a flag: the count was brought up from zero in a bubble.
    platform::atomic<std::uint64_t> state_{0};
    platform::atomic<detail::bubble_id> bubble_{detail::no_bubble};  // which, if the flag is set
    detail::wait_list waiting_;
};

}  // namespace weft
