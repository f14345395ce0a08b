// How a contender's program ends, and how it says why.
#pragma once

#include <system_error>

namespace suite {

/// The kit's exit statuses; see baselines/README.md.
enum class exit_status : int {
    ok = 0,
    usage = 2,
    wrong_result = 3,
    unsupported = 4,
    refused = 5,
    crash = 70
};

/// Whether an error is the machine's refusal of memory, threads, descriptors or ports.
bool is_refusal(const std::error_code& code);

/// Ends the process at once with what went wrong. An error that came while tasks were being started
/// leaves tasks behind that use what has just been unwound, so the pool cannot be left in order.
[[noreturn]] void leave_pool(const char* workload);

/// Says on stderr what went wrong and returns the status to end with. To be called in a handler.
exit_status report_current_exception(const char* program);

}  // namespace suite
