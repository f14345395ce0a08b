// What the compiler wrote down about a function's frame: where the caller's registers are.
//
// A walk needs this for each frame, because nothing obliges compilers to keep frame pointers. It is
// the table that exceptions are thrown by (.eh_frame), so every C++ function has it. libgcc reads
// it too, but follows whatever it finds on a stack; here only the rules are worked out, and who
// applies them (backtrace.cpp) decides which memory may be read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace weft::fiber {

/// The registers that DWARF numbers first; the last one is the return address on x86-64.
inline constexpr std::size_t register_count = 17;

/// A DWARF expression, to be evaluated by who may read memory.
struct frame_expression {
    const std::uint8_t* begin = nullptr;
    const std::uint8_t* end = nullptr;
};

/// How a register of the caller is found. "Frame address": the stack pointer as it was before the
/// call (the canonical frame address, in DWARF's words).
struct register_rule {
    enum class kind : std::uint8_t {
        same,           // as in the callee
        undefined,      // lost; for the return address: there is no caller
        at_offset,      // in memory, `offset` from the frame address
        is_offset,      // the frame address plus `offset`
        in_register,    // in the callee's register `offset`
        at_expression,  // in memory, at what the expression gives
        is_expression,  // what the expression gives
    };
    kind how = kind::same;
    std::int64_t offset = 0;
    frame_expression expression{};
};

struct frame_rules {
    // The frame address: a register plus an offset, or an expression.
    std::uint64_t frame_register = 0;
    std::int64_t frame_offset = 0;
    frame_expression frame_address{};
    std::array<register_rule, register_count> registers{};
    std::uint64_t return_column = 0;
    bool interrupted = false;  // a signal's frame: the caller's address is exact
};

/// The rules for the instruction at `address`; none where no table covers it, or one that this
/// reader does not understand. Any value may be asked for.
std::optional<frame_rules> find_frame_rules(std::uintptr_t address) noexcept;

/// Where the function that covers `address` begins; 0 when no table covers it.
std::uintptr_t function_begin(std::uintptr_t address) noexcept;

/// Reads the table's numbers, and never beyond its end.
class table_reader {
public:
    table_reader() = default;
    table_reader(const std::uint8_t* begin, const std::uint8_t* end) : at_(begin), end_(end) {}

    bool good() const noexcept { return good_; }
    bool at_end() const noexcept { return at_ >= end_; }
    const std::uint8_t* position() const noexcept { return at_; }
    const std::uint8_t* end() const noexcept { return end_; }

    template <class T>
    T number() noexcept {
        T value{};
        if (const std::uint8_t* from = take(sizeof(T))) {
            __builtin_memcpy(&value, from, sizeof(T));
        }
        return value;
    }
    std::uint64_t unsigned_leb() noexcept;
    std::int64_t signed_leb() noexcept;
    /// A length, and as many bytes.
    frame_expression block() noexcept;
    /// Skips `count` bytes and returns where they begin; null when there are not as many.
    const std::uint8_t* take(std::uint64_t count) noexcept;

private:
    const std::uint8_t* at_ = nullptr;
    const std::uint8_t* end_ = nullptr;
    bool good_ = true;
};

}  // namespace weft::fiber
