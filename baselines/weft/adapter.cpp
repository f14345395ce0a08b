#include "adapter.hpp"

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

}  // namespace

suite::description weft_runtime::describe() {
    return {.contender = "weft",
            .version = WEFT_VERSION,
            .profiles = {{"default", true, "as installed, with 64 KiB stacks"}}};
}

std::string_view weft_runtime::lacks(suite::capability) {
    return {};
}

suite::terms weft_runtime::terms_of(const suite::workload_info&, std::string_view) {
    return {};
}

std::map<std::string, std::string> weft_runtime::effective(const suite::settings&) {
    return {{"workers", std::to_string(weft::procs())},
            {"stack_bytes", std::to_string(stack_bytes)},
            {"guard", guard_name(weft::stats().guards)}};
}

// A slip in the adapter is an error here, and not a cell that is "not expressible".
static_assert(suite::has_tasks<weft_runtime> && suite::has_channels<weft_runtime> &&
              suite::has_byte_streams<weft_runtime>);

}  // namespace contender
