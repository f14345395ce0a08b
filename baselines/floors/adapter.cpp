#include "adapter.hpp"

#include <algorithm>
#include <array>

namespace floors {
namespace {

struct bound {
    std::string_view profile;
    std::string_view workload;
};

// Which floor lies under which workload; a spec's `floor` names the one that is drawn.
constexpr std::array bounds{
    bound{"function_call", "spawn/batch"},
    bound{"function_call", "spawn/skynet"},
    bound{"function_call", "spawn/chain"},
    bound{"function_call", "channel/throughput"},
    bound{"function_call", "channel/fine_grain_sum"},
    bound{"fcontext_jump", "channel/ring"},
    bound{"fcontext_jump", "channel/ping_pong"},
    bound{"cache_line_round_trip", "channel/ping_pong"},
    bound{"futex_round_trip", "channel/ping_pong"},
    bound{"function_call", "pool/fib"},
    bound{"function_call", "pool/mutex"},
    bound{"partitioned_loop", "pool/worker_pool"},
    bound{"partitioned_loop", "pool/task_per_job"},
    bound{"partitioned_loop", "pool/oversubscribed"},
    bound{"epoll_loop", "fanout/urls"},
    bound{"futex_wake", "idle/wake"},
    bound{"epoll_loop", "fanout/echo"},
    bound{"epoll_loop", "fanout/churn"},
};

}  // namespace

suite::description floor_of::describe() {
    return {.contender = "floors",
            .version = "1",
            .profiles = {
                {"function_call", true, "a function call that is not inlined"},
                {"fcontext_jump", false, "two stacks on one thread, raw switches"},
                {"cache_line_round_trip", false, "two CPUs watching one word"},
                {"futex_round_trip", false, "two threads waking each other through the kernel"},
                {"partitioned_loop", false, "the work dealt out to pinned threads beforehand"},
                {"epoll_loop", false, "one thread, non-blocking sockets, epoll"},
                {"futex_wake", false, "a thread that sleeps in the kernel until it is woken"}}};
}

std::string_view floor_of::lacks(suite::capability) {
    return "there is no floor for this workload";
}

suite::terms floor_of::terms_of(const suite::workload_info& workload, std::string_view profile) {
    const auto matches = [&](const bound& each) {
        return each.profile == profile && each.workload == workload.id;
    };
    if (std::none_of(bounds.begin(), bounds.end(), matches)) {
        return {.refusal = "this floor does not lie under this workload"};
    }
    suite::terms terms;
    if (workload.id == "channel/throughput") {
        terms.limits.push_back({.parameter = "work_ns",
                                .values = {"0"},
                                .reason = "work of its own is no part of a floor"});
    }
    if (workload.id == "channel/ping_pong") {
        terms.limits.push_back({.parameter = "timed",
                                .values = {"all"},
                                .reason = "reading the clock takes longer than some of these"});
    }
    if (profile == "cache_line_round_trip" || profile == "futex_round_trip") {
        const std::string reason = "the token goes from one CPU to another";
        if (allowed_cpus().size() < 2) {
            return {.refusal = reason + ", and this process has only one"};
        }
        terms.limits.push_back({.parameter = "workers", .min = 2, .reason = reason});
    }
    return terms;
}

}  // namespace floors
