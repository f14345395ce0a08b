// How goroutine stacks are guarded against overflow.
#pragma once

namespace weft {

/// `madvise`: guard pages that take no mapping of their own (Linux 6.13 and newer). `mprotect`:
/// guard pages within a budget of mappings, a canary beyond it. `canary`: a word at the low end,
/// looked at when the goroutine ends. `none`: switched off by WEFT_GUARD=none.
enum class guard_kind { none, madvise, mprotect, canary };

}  // namespace weft
