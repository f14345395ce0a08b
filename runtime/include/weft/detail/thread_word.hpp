// The runtime's one thread-local word.
#pragma once

namespace weft::platform {

/// The machine that this thread is, or null on a thread of the program. Never inlined, since a
/// compiler may keep a thread-local address over a switch; the result must not be kept over one.
void* thread_word() noexcept;

}  // namespace weft::platform
