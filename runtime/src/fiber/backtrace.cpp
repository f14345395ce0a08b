#include "fiber/backtrace.hpp"

#include "fiber/call_frame_info.hpp"
#include "fiber/switch.hpp"

#include <unwind.h>
#include <array>
#include <optional>

namespace weft::fiber {

namespace {

// DWARF's numbers for x86-64.
constexpr std::size_t stack_pointer_number = 7;
constexpr std::size_t return_address_number = 16;

constexpr std::size_t word_bytes = sizeof(std::uintptr_t);

using word = std::optional<std::uintptr_t>;

/// The registers of one frame, as far as they are known, and the stack they point into.
class frame {
public:
    explicit frame(memory_range stack) noexcept : stack_(stack) {}

    word get(std::uint64_t number) const noexcept {
        return number < register_count ? registers_[number] : std::nullopt;
    }
    void set(std::size_t number, word value) noexcept { registers_[number] = value; }

    /// A word of the stack; none for what lies elsewhere.
    word read(std::uintptr_t address) const noexcept {
        if (address % word_bytes != 0 || !stack_.holds(address, word_bytes)) {
            return std::nullopt;
        }
        return peek(*reinterpret_cast<const std::uintptr_t*>(address));
    }

    /// Becomes its caller's frame. False when that cannot be found.
    bool step_out(const frame_rules& rules) noexcept;

private:
    word evaluate(frame_expression expression, word first) const noexcept;
    word frame_address(const frame_rules& rules) const noexcept;
    word apply(const register_rule& rule, std::size_t number,
               std::uintptr_t frame_address) const noexcept;

    memory_range stack_;
    std::array<word, register_count> registers_{};
};

/// The operations that compilers use for frames: those of functions that realign their stack.
class expression_stack {
public:
    void push(word value) noexcept {
        if (!value || count_ == values_.size()) {
            good_ = false;
        } else {
            values_[count_++] = *value;
        }
    }
    std::uintptr_t pop() noexcept {
        if (count_ == 0) {
            good_ = false;
            return 0;
        }
        return values_[--count_];
    }
    bool good() const noexcept { return good_; }

private:
    std::array<std::uintptr_t, 8> values_{};
    std::size_t count_ = 0;
    bool good_ = true;
};

/// A constant that stands in the expression itself; none for another operation.
word constant(std::uint8_t operation, table_reader& in) noexcept {
    const auto widened = [](auto number) {
        return static_cast<std::uintptr_t>(static_cast<std::int64_t>(number));
    };
    switch (operation) {
        case 0x08:
            return in.number<std::uint8_t>();
        case 0x09:
            return widened(in.number<std::int8_t>());
        case 0x0a:
            return in.number<std::uint16_t>();
        case 0x0b:
            return widened(in.number<std::int16_t>());
        case 0x0c:
            return in.number<std::uint32_t>();
        case 0x0d:
            return widened(in.number<std::int32_t>());
        case 0x10:
            return in.unsigned_leb();
        case 0x11:
            return widened(in.signed_leb());
        default:
            return operation >= 0x30 && operation <= 0x4f ? word(operation - 0x30U) : std::nullopt;
    }
}

word frame::evaluate(frame_expression expression, word first) const noexcept {
    expression_stack values;
    if (first) {
        values.push(first);
    }
    table_reader in(expression.begin, expression.end);
    while (!in.at_end() && in.good() && values.good()) {
        const auto operation = in.number<std::uint8_t>();
        if (operation >= 0x70 && operation <= 0x8f) {  // a register plus an offset
            const word base = get(operation - 0x70U);
            const auto offset = static_cast<std::uintptr_t>(in.signed_leb());
            values.push(base ? word(*base + offset) : std::nullopt);
        } else if (operation == 0x06) {
            values.push(read(values.pop()));
        } else if (operation == 0x1a) {
            values.push(values.pop() & values.pop());
        } else if (operation == 0x1c) {
            const std::uintptr_t subtrahend = values.pop();
            values.push(values.pop() - subtrahend);
        } else if (operation == 0x22) {
            values.push(values.pop() + values.pop());
        } else if (operation == 0x23) {
            values.push(values.pop() + in.unsigned_leb());
        } else {
            values.push(constant(operation, in));
        }
    }
    const std::uintptr_t result = values.pop();
    return in.good() && values.good() ? word(result) : std::nullopt;
}

word frame::frame_address(const frame_rules& rules) const noexcept {
    if (rules.frame_address.begin != nullptr) {
        return evaluate(rules.frame_address, std::nullopt);
    }
    const word base = get(rules.frame_register);
    return base ? word(*base + static_cast<std::uintptr_t>(rules.frame_offset)) : std::nullopt;
}

word frame::apply(const register_rule& rule, std::size_t number,
                  std::uintptr_t frame_address) const noexcept {
    using kind = register_rule::kind;
    const std::uintptr_t beside = frame_address + static_cast<std::uintptr_t>(rule.offset);
    switch (rule.how) {
        case kind::same:
            return get(number);
        case kind::undefined:
            return std::nullopt;
        case kind::at_offset:
            return read(beside);
        case kind::is_offset:
            return beside;
        case kind::in_register:
            return get(static_cast<std::uint64_t>(rule.offset));
        case kind::at_expression: {
            const word address = evaluate(rule.expression, frame_address);
            return address ? read(*address) : std::nullopt;
        }
        case kind::is_expression:
            return evaluate(rule.expression, frame_address);
    }
    return std::nullopt;
}

bool frame::step_out(const frame_rules& rules) noexcept {
    const word mine = get(stack_pointer_number);
    const word callers = frame_address(rules);
    // Frames lie above one another, which is also what makes every walk end.
    if (!mine || !callers || *callers <= *mine || *callers > stack_.high) {
        return false;
    }
    std::array<word, register_count> outer{};
    for (std::size_t i = 0; i < register_count; ++i) {
        outer[i] = apply(rules.registers[i], i, *callers);
    }
    outer[stack_pointer_number] = *callers;
    registers_ = outer;
    return true;
}

/// The registers as `switch_to` will find them when it goes on; false when there is no switch.
///
/// The jump saves them below the address it will return to, which lies in `switch_to`: in the same
/// order in all versions of Boost.Context, though what else is saved below them differs.
bool load_saved_registers([[maybe_unused]] std::uintptr_t saved,
                          [[maybe_unused]] frame& into) noexcept {
#if defined(__x86_64__)
    constexpr std::array<std::size_t, 6> saved_numbers{12, 13, 14, 15, 3, 6};  // r12-r15, rbx, rbp
    constexpr std::size_t slots_max = 16;
    const auto switch_begin = reinterpret_cast<std::uintptr_t>(&switch_to);
    for (std::size_t slot = saved_numbers.size(); slot < slots_max; ++slot) {
        const std::uintptr_t at = saved + slot * word_bytes;
        const word address = into.read(at);
        if (!address || function_begin(*address) != switch_begin) {
            continue;
        }
        for (std::size_t i = 0; i < saved_numbers.size(); ++i) {
            into.set(saved_numbers[i], into.read(at - (saved_numbers.size() - i) * word_bytes));
        }
        into.set(stack_pointer_number, at + word_bytes);
        into.set(return_address_number, address);
        return true;
    }
#endif
    return false;
}

}  // namespace

trace trace_parked(const void* stack_pointer, memory_range stack,
                   std::span<std::uintptr_t> addresses) noexcept {
    trace found;
    frame at(stack);
    if (!load_saved_registers(reinterpret_cast<std::uintptr_t>(stack_pointer), at)) {
        return found;
    }
    bool exact = true;  // the address is that of an instruction to come, and not behind a call
    while (true) {
        const std::uintptr_t address = *at.get(return_address_number);
        const std::optional<frame_rules> rules = find_frame_rules(exact ? address : address - 1);
        if (!rules || rules->return_column != return_address_number) {
            return found;
        }
        const register_rule::kind how = rules->registers[return_address_number].how;
        if (how == register_rule::kind::undefined) {
            found.end = trace_end::entry;
            return found;
        }
        if (!at.step_out(*rules) || at.get(return_address_number).value_or(0) == 0) {
            return found;
        }
        if (found.count == addresses.size()) {
            found.end = trace_end::full;
            return found;
        }
        addresses[found.count++] = *at.get(return_address_number);
        exact = rules->interrupted;
    }
}

trace trace_here(std::span<std::uintptr_t> addresses) noexcept {
    struct walk {
        std::span<std::uintptr_t> addresses;
        trace found{0, trace_end::entry};
    } state{addresses};
    const auto visit = [](_Unwind_Context* context, void* argument) {
        auto& self = *static_cast<walk*>(argument);
        if (self.found.count == self.addresses.size()) {
            self.found.end = trace_end::full;
            return _URC_END_OF_STACK;
        }
        if (const std::uintptr_t address = _Unwind_GetIP(context); address != 0) {
            self.addresses[self.found.count++] = address;
        }
        return _URC_NO_REASON;
    };
    _Unwind_Backtrace(visit, &state);
    return state.found;
}

}  // namespace weft::fiber
