// How many descriptors this process may have open.
#pragma once

#include <cstdint>

namespace suite {

/// Raises the limit as far as the system lets this process.
void raise_descriptor_limit() noexcept;

/// Raises the limit, and throws std::system_error (too_many_files_open) with both numbers when it
/// is still below `wanted`: a run that is told so beforehand does not run into it.
void require_descriptors(std::int64_t wanted);

}  // namespace suite
