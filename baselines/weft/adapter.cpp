#include "adapter.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace contender {
namespace {

std::string guard_name(weft::guard_kind kind) {
    switch (kind) {
        case weft::guard_kind::none:
            return "none";
        case weft::guard_kind::madvise:
            return "madvise";
        case weft::guard_kind::mprotect:
            return "mprotect";
        case weft::guard_kind::canary:
            return "canary";
    }
    return "unknown";
}

#if defined(WEFT_UNSAVED_EXCEPTION_STATE)
constexpr auto exception_state = "left behind";
#else
constexpr auto exception_state = "saved";
#endif

constexpr std::string_view no_guard = "no_guard";
constexpr std::string_view no_exception_state = "no_exception_state";

/// One of the profiles that show what a decision of the library costs.
suite::profile ablation(std::string_view name, const char* summary, const char* fact,
                        const char* value) {
    return {.name = std::string(name),
            .summary = summary,
            .effective = {{fact, value}},
            .on_request = true};
}

suite::profile ablation_by_build(std::string_view name, const char* summary, const char* fact,
                                 const char* value) {
    suite::profile built = ablation(name, summary, fact, value);
    built.program = "weft_" + built.name;
    return built;
}

}  // namespace

std::uint16_t listener::port() const {
    const std::string address = listening_.local_address();
    return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

suite::description weft_runtime::describe() {
    return {
        .contender = "weft",
        .version = WEFT_VERSION,
        .profiles = {
            {.name = "default",
             .is_default = true,
             .summary = "as installed, with 64 KiB stacks",
             .effective = {{"exception_state", "saved"}, {"padding_bytes", "128"}}},
            ablation(no_guard, "without guards below the stacks", "guard", "none"),
            ablation_by_build(no_exception_state, "a switch that leaves exceptions behind",
                              "exception_state", "left behind"),
            ablation_by_build("padding_64", "padded to one cache line instead of two",
                              "padding_bytes", "64"),
            ablation_by_build("padding_16", "aligned to 16 bytes alone", "padding_bytes", "16")}};
}

std::string_view weft_runtime::lacks(suite::capability) {
    return {};
}

suite::terms weft_runtime::terms_of(const suite::workload_info& workload,
                                    std::string_view profile) {
    const bool of_channel = workload.id.starts_with("channel/");
    const bool of_padding = workload.id.starts_with("sharing/");
    if ((profile == no_exception_state && !of_channel) ||
        (profile.starts_with("padding_") && !of_padding)) {
        return {.refusal = "its program does the suite that asks for it and no other",
                .kind = suite::gap::not_implemented};
    }
    return {};
}

void weft_runtime::choose_guard(const suite::settings& run) {
    // A guard that whoever started this chose would make this another profile.
    if (run.profile != no_guard) {
        ::unsetenv("WEFT_GUARD");
    } else if (::setenv("WEFT_GUARD", "none", 1) != 0) {
        throw std::system_error(errno, std::generic_category(), "WEFT_GUARD");
    }
}

std::map<std::string, std::string> weft_runtime::effective(const suite::settings&) {
    return {{"workers", std::to_string(weft::procs())},
            {"stack_bytes", std::to_string(stack_bytes)},
            {"guard", guard_name(weft::stats().guards)},
            {"exception_state", exception_state},
            {"padding_bytes", std::to_string(padding_bytes())}};
}

std::map<std::string, double> weft_runtime::counters() {
    const weft::runtime_stats now = weft::stats();
    const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
    return {{"switches", number(now.switches)},
            {"parks", number(now.parks)},
            {"wakes", number(now.wakes)},
            {"steal_attempts", number(now.steal_attempts)},
            {"steals", number(now.steals)},
            {"runnext_hits", number(now.runnext_hits)},
            {"queue_overflows", number(now.queue_overflows)},
            {"futex_sleeps", number(now.futex_sleeps)},
            {"futex_wakes", number(now.futex_wakes)},
            {"netpoll_events", number(now.netpoll_events)},
            {"timers_fired", number(now.timers_fired)},
            {"handoffs", number(now.handoffs)},
            {"retakes", number(now.retakes)}};
}

// A slip in the adapter is an error here, and not a cell that is "not expressible".
static_assert(suite::has_tasks<weft_runtime> && suite::has_selects<weft_runtime> &&
              suite::has_yields<weft_runtime> && suite::has_sleeps<weft_runtime> &&
              suite::has_timers<weft_runtime> && suite::has_mutexes<weft_runtime> &&
              suite::has_shared_mutexes<weft_runtime> && suite::has_contexts<weft_runtime> &&
              suite::has_foreign_spawns<weft_runtime> && suite::has_listeners<weft_runtime> &&
              suite::has_paddings<weft_runtime> && suite::has_counters<weft_runtime>);

}  // namespace contender
