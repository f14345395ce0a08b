// The standard's source location where the compiler has it, else an equal of ours.
#pragma once

#if __has_include(<source_location>)
#include <source_location>
#endif

#include <cstdint>

namespace weft {

#if defined(__cpp_lib_source_location)
/// A place in the program; the standard's own where it is to be had.
using source_location = std::source_location;
#else
/// As std::source_location, for compilers that lack it (Clang 14 and 15).
class source_location {
public:
    static constexpr source_location current(const char* file = __builtin_FILE(),
                                             const char* function = __builtin_FUNCTION(),
                                             std::uint_least32_t line = __builtin_LINE()) noexcept {
        source_location here;
        here.file_ = file;
        here.function_ = function;
        here.line_ = line;
        return here;
    }
    constexpr const char* file_name() const noexcept { return file_; }
    constexpr const char* function_name() const noexcept { return function_; }
    constexpr std::uint_least32_t line() const noexcept { return line_; }
    constexpr std::uint_least32_t column() const noexcept { return 0; }

private:
    const char* file_ = "";
    const char* function_ = "";
    std::uint_least32_t line_ = 0;
};
#endif

}  // namespace weft
