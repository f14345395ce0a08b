// Names for addresses of code.
#pragma once

#include <cstdint>
#include <string>

namespace weft::platform {

/// The C++ name behind a mangled one; the name itself when it is none.
std::string demangled(const char* name);

/// Two lines: the function that the call returning to `return_address` stands in, and the file it
/// was loaded from with the call's address there, which is what addr2line and its like take. The
/// first is the address alone where the dynamic symbols do not know it: a program's own functions
/// are among those when it is linked with -rdynamic.
std::string describe_call(std::uintptr_t return_address);

}  // namespace weft::platform
