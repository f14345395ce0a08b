// Which CPUs this process may use, and keeping a thread on one of them.
#pragma once

#include <vector>

namespace floors {

/// The process's CPUs as they were at the first call, before any thread was pinned.
const std::vector<int>& allowed_cpus();

/// Keeps the calling thread on one of the allowed CPUs; indices beyond the last start again.
void pin_this_thread(int index);

}  // namespace floors
