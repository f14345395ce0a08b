// Files that the runtime writes.
#pragma once

#include <cstddef>
#include <string>

namespace weft::platform {

/// Creates the file, or empties it. A descriptor, closed on exec, or a negated errno value.
int create_file(const std::string& path) noexcept;
/// Writes all of it, whatever signals come; one for a pipe that nobody reads is not raised. 0 or a
/// negated errno value; errno is left as it was. Async-signal-safe.
int write_file(int descriptor, const char* bytes, std::size_t size) noexcept;
/// 0 or a negated errno value: some file systems say only now that there was no room.
int close_file(int descriptor) noexcept;

}  // namespace weft::platform
