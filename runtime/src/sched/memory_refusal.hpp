// Says that memory is refused, by errors that were made while there was some.
//
// The text of a std::system_error is on the heap: where memory has run out, making one ends in
// std::bad_alloc, and the caller gets what it was not promised. So the errors are made when a run
// begins, and what is thrown is a copy, which shares the text; the room for the exception itself
// the language has in reserve.
#pragma once

#include <cstdint>

namespace weft::sched {

enum class memory_for : std::uint8_t { goroutine, bubble, timer, processor };

/// Makes the errors unless they are there. Throws std::bad_alloc.
void prepare_memory_refusals();
/// Throws resource_error with ENOMEM. Needs no memory once the errors are there.
[[noreturn]] void refuse_memory(memory_for what);

}  // namespace weft::sched
