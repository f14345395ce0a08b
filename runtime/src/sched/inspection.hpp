// All goroutines, looked at while they go on.
//
// Problem. A report wants every goroutine's state, place and stack, from any thread and at any
// time, and nothing must stop or slow down for it. A descriptor may be given back and handed out
// again while it is read.
//
// Rule. Descriptors and stacks stay where they are for the whole run, so that anything may be read.
// A descriptor is copied first and looked at again after a heavy fence: the copy counts if the
// descriptor still has the same id and is not free. Backtraces are taken under the same condition,
// with state and stack pointer besides.
//
// Why it is right. Ids do not come back within a run. A descriptor that changes hands is made free,
// then filled, then given its new id and taken into use, in this order in its writer's program. If
// the copy holds anything that the new owner wrote, the fence (which passes a barrier on every
// processor) makes the write before it visible to the second look, which then finds the descriptor
// free or with another id. The plain members are read with fiber::peek: that they change meanwhile
// is what the second look is for.
//
// A goroutine that goes on and parks again in the same place while its stack is read may give a
// trace that mixes both times. That costs a wrong line in a report (fiber/backtrace.hpp).
#pragma once

#include "fiber/backtrace.hpp"
#include "sched/scheduler.hpp"

#include <weft/detail/bubble.hpp>
#include <weft/diagnostics.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weft::sched {

/// What a goroutine was at one moment.
struct goroutine_view {
    const goroutine* descriptor = nullptr;
    std::uint64_t id = 0;
    std::string name;
    source_location started_at{};
    const fiber::stack* stack = nullptr;
    detail::goroutine_state state = detail::goroutine_state::free;
    detail::wait_reason reason = detail::wait_reason::none;
    std::uint32_t waits_since = 0;
    bool locked_to_thread = false;
    detail::bubble_id bubble = detail::no_bubble;
    bool durable = false;

    /// Go's word for what it does.
    std::string_view word() const noexcept;
    /// 0 for one that does not wait.
    std::int64_t waited_ns() const noexcept;
};

/// The goroutines among the `goroutine_pool::slab_size` descriptors from `slab` on.
std::vector<goroutine_view> look_at(const goroutine* slab);

/// Calls `visit(const goroutine_view&)` for every goroutine; those that start or end meanwhile may
/// be left out. Throws std::bad_alloc.
template <class Visit>
void for_each_goroutine(scheduler& s, Visit visit) {
    for (std::size_t i = 0; const goroutine* slab = s.goroutines().slab(i); ++i) {
        for (const goroutine_view& each : look_at(slab)) {
            visit(each);
        }
    }
}

/// Describes goroutines as reports show them. Throws std::bad_alloc.
class goroutine_writer {
public:
    /// The backtrace of the goroutine that calls begins with the call that returns to `caller`.
    explicit goroutine_writer(scheduler& s, const void* caller = nullptr);

    /// "goroutine 7 [chan receive, 2 minutes]:", its backtrace and where it was started.
    std::string describe(const goroutine_view& g);
    /// The same without the backtrace.
    static std::string describe_briefly(const goroutine_view& g);

private:
    std::string lines_of(std::span<const std::uintptr_t> addresses, fiber::trace_end end);
    std::string backtrace(const goroutine_view& g);
    std::string own_backtrace();
    std::string parked_backtrace(const goroutine_view& g);
    fiber::memory_range slot_of(const fiber::stack* s);

    fiber::stack_pool& stacks_;
    std::vector<fiber::memory_range> memory_;
    std::uintptr_t caller_;
    std::unordered_map<std::uintptr_t, std::string> calls_;  // looking a name up takes long
};

/// Hands the description of every goroutine to `write`, in pieces.
void describe_all(scheduler& s, const void* caller,
                  const std::function<void(std::string_view)>& write);

goroutine_info info_of(const goroutine_view& g);

}  // namespace weft::sched
