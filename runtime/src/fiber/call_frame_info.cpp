#include "fiber/call_frame_info.hpp"

#include <limits>

namespace weft::fiber {

struct entry_bases {
    void* text;
    void* data;
    void* function;
};

// The lookup of libgcc and of LLVM's libunwind: part of their interface, but of no header.
extern "C" const std::uint8_t* find_entry(void* address,
                                          entry_bases* bases) asm("_Unwind_Find_FDE");

std::uint64_t table_reader::unsigned_leb() noexcept {
    std::uint64_t value = 0;
    unsigned shift = 0;
    std::uint8_t byte = 0;
    do {
        byte = number<std::uint8_t>();
        if (shift < std::numeric_limits<std::uint64_t>::digits) {
            value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
        }
        shift += 7;
    } while ((byte & 0x80U) != 0);
    return value;
}

std::int64_t table_reader::signed_leb() noexcept {
    const std::uint8_t* begin = at_;
    std::uint64_t value = unsigned_leb();
    const auto bits = static_cast<unsigned>(7 * (at_ - begin));
    if (good_ && (at_[-1] & 0x40U) != 0 && bits < std::numeric_limits<std::uint64_t>::digits) {
        value |= ~std::uint64_t{0} << bits;
    }
    return static_cast<std::int64_t>(value);
}

const std::uint8_t* table_reader::take(std::uint64_t count) noexcept {
    if (!good_ || count > static_cast<std::uint64_t>(end_ - at_)) {
        good_ = false;
        return nullptr;
    }
    const std::uint8_t* taken = at_;
    at_ += count;
    return taken;
}

frame_expression table_reader::block() noexcept {
    const std::uint64_t size = unsigned_leb();
    const std::uint8_t* begin = take(size);
    return begin == nullptr ? frame_expression{} : frame_expression{begin, begin + size};
}

namespace {

constexpr std::size_t remembered_max = 4;
constexpr std::uint32_t long_entry = 0xffffffff;  // 64-bit DWARF, which no compiler writes here

/// What the functions of one object file have in common.
struct common_entry {
    std::uint64_t code_unit = 0;
    std::int64_t data_unit = 0;
    std::uint64_t return_column = 0;
    std::uint8_t address_encoding = 0;
    bool has_augmentation = false;
    bool interrupted = false;
    table_reader program;
};

/// The body of the entry at `at`, behind its length.
table_reader entry_at(const std::uint8_t* at) noexcept {
    std::uint32_t size = 0;
    __builtin_memcpy(&size, at, sizeof size);
    const std::uint8_t* body = at + sizeof size;
    return {body, size == long_entry ? body : body + size};
}

/// Bytes of an encoded address; 0 for an encoding of variable size.
std::uint64_t encoded_size(std::uint8_t encoding) noexcept {
    switch (encoding & 0x0fU) {
        case 0x00:
        case 0x04:
        case 0x0c:
            return 8;
        case 0x02:
        case 0x0a:
            return 2;
        case 0x03:
        case 0x0b:
            return 4;
        default:
            return 0;
    }
}

bool read_augmentation(table_reader& entry, const char* letters, common_entry& common) noexcept {
    if (*letters == '\0') {
        return true;
    }
    if (*letters != 'z') {
        return false;
    }
    common.has_augmentation = true;
    const frame_expression all = entry.block();
    table_reader data(all.begin, all.end);
    for (++letters; *letters != '\0'; ++letters) {
        if (*letters == 'R') {
            common.address_encoding = data.number<std::uint8_t>();
        } else if (*letters == 'L') {
            data.number<std::uint8_t>();
        } else if (*letters == 'P') {
            data.take(encoded_size(data.number<std::uint8_t>()));
        } else if (*letters == 'S') {
            common.interrupted = true;
        } else {
            return false;
        }
    }
    return entry.good() && data.good();
}

std::optional<common_entry> read_common(const std::uint8_t* at) noexcept {
    table_reader entry = entry_at(at);
    common_entry common;
    entry.number<std::uint32_t>();  // its mark
    const auto version = entry.number<std::uint8_t>();
    const char* letters = reinterpret_cast<const char*>(entry.position());
    while (entry.good() && entry.number<char>() != '\0') {
    }
    if (version == 4) {
        entry.take(2);  // sizes of an address and of a segment
    }
    common.code_unit = entry.unsigned_leb();
    common.data_unit = entry.signed_leb();
    common.return_column = version == 1 ? entry.number<std::uint8_t>() : entry.unsigned_leb();
    if (!entry.good() || !read_augmentation(entry, letters, common)) {
        return std::nullopt;
    }
    common.program = entry;
    return common;
}

/// Runs a function's call frame instructions up to an address.
class rule_program {
public:
    rule_program(const common_entry& common, std::uintptr_t begin, std::uintptr_t target) noexcept
        : common_(common), location_(begin), target_(target) {
        rules_.return_column = common.return_column;
        rules_.interrupted = common.interrupted;
    }

    /// False for what is not understood.
    bool run(table_reader instructions) noexcept {
        in_ = instructions;
        while (!in_.at_end() && location_ <= target_) {
            if (!step() || !in_.good()) {
                return false;
            }
        }
        return true;
    }
    void keep_as_initial() noexcept { initial_ = rules_; }
    const frame_rules& rules() const noexcept { return rules_; }

private:
    using kind = register_rule::kind;

    bool step() noexcept;
    bool step_extended(std::uint8_t operation) noexcept;
    bool define_frame(std::uint8_t operation) noexcept;
    bool define_register(std::uint8_t operation) noexcept;

    void advance(std::uint64_t units) noexcept { location_ += units * common_.code_unit; }
    std::int64_t scaled(std::uint64_t offset) const noexcept {
        return static_cast<std::int64_t>(offset) * common_.data_unit;
    }
    void set(std::uint64_t number, register_rule rule) noexcept {
        if (number < register_count) {  // others are saved too, but no frame is found by them
            rules_.registers[number] = rule;
        }
    }
    void restore(std::uint64_t number) noexcept {
        set(number, number < register_count ? initial_.registers[number] : register_rule{});
    }
    bool remember() noexcept {
        if (remembered_count_ == remembered_max) {
            return false;
        }
        remembered_[remembered_count_++] = rules_;
        return true;
    }
    bool recall() noexcept {
        if (remembered_count_ == 0) {
            return false;
        }
        rules_ = remembered_[--remembered_count_];
        return true;
    }

    const common_entry& common_;
    std::uintptr_t location_;
    const std::uintptr_t target_;
    table_reader in_;
    frame_rules rules_;
    frame_rules initial_;
    std::array<frame_rules, remembered_max> remembered_;
    std::size_t remembered_count_ = 0;
};

bool rule_program::step() noexcept {
    const auto operation = in_.number<std::uint8_t>();
    const std::uint64_t operand = operation & 0x3fU;
    switch (operation >> 6U) {
        case 1:
            advance(operand);
            return true;
        case 2:
            set(operand, {kind::at_offset, scaled(in_.unsigned_leb())});
            return true;
        case 3:
            restore(operand);
            return true;
        default:
            return step_extended(operation);
    }
}

bool rule_program::step_extended(std::uint8_t operation) noexcept {
    switch (operation) {
        case 0x00:  // nop
            return true;
        case 0x02:
            advance(in_.number<std::uint8_t>());
            return true;
        case 0x03:
            advance(in_.number<std::uint16_t>());
            return true;
        case 0x04:
            advance(in_.number<std::uint32_t>());
            return true;
        case 0x0a:
            return remember();
        case 0x0b:
            return recall();
        case 0x2e:  // the size of pushed arguments, which only landing pads need
            in_.unsigned_leb();
            return true;
        default:
            return define_frame(operation) || define_register(operation);
    }
}

bool rule_program::define_frame(std::uint8_t operation) noexcept {
    switch (operation) {
        case 0x0c:  // register and offset
        case 0x12:  // the same, scaled
            rules_.frame_register = in_.unsigned_leb();
            break;
        case 0x0d:
            rules_.frame_register = in_.unsigned_leb();
            rules_.frame_address = {};
            return true;
        case 0x0e:
        case 0x13:
            break;
        case 0x0f:
            rules_.frame_address = in_.block();
            return true;
        default:
            return false;
    }
    rules_.frame_address = {};
    rules_.frame_offset = operation < 0x10 ? static_cast<std::int64_t>(in_.unsigned_leb())
                                           : in_.signed_leb() * common_.data_unit;
    return true;
}

bool rule_program::define_register(std::uint8_t operation) noexcept {
    const std::uint64_t number = in_.unsigned_leb();
    switch (operation) {
        case 0x05:
            set(number, {kind::at_offset, scaled(in_.unsigned_leb())});
            return true;
        case 0x06:
            restore(number);
            return true;
        case 0x07:
            set(number, {kind::undefined});
            return true;
        case 0x08:
            set(number, {kind::same});
            return true;
        case 0x09:
            set(number, {kind::in_register, static_cast<std::int64_t>(in_.unsigned_leb())});
            return true;
        case 0x10:
            set(number, {kind::at_expression, 0, in_.block()});
            return true;
        case 0x11:
            set(number, {kind::at_offset, in_.signed_leb() * common_.data_unit});
            return true;
        case 0x14:
            set(number, {kind::is_offset, scaled(in_.unsigned_leb())});
            return true;
        case 0x15:
            set(number, {kind::is_offset, in_.signed_leb() * common_.data_unit});
            return true;
        case 0x16:
            set(number, {kind::is_expression, 0, in_.block()});
            return true;
        case 0x2f:
            set(number, {kind::at_offset, -scaled(in_.unsigned_leb())});
            return true;
        default:
            return false;
    }
}

}  // namespace

std::optional<frame_rules> find_frame_rules(std::uintptr_t address) noexcept {
    entry_bases bases{};
    const std::uint8_t* found = find_entry(reinterpret_cast<void*>(address), &bases);
    if (found == nullptr) {
        return std::nullopt;
    }
    table_reader entry = entry_at(found);
    const std::uint8_t* const distance_from = entry.position();
    const auto distance = entry.number<std::uint32_t>();
    const std::optional<common_entry> common = read_common(distance_from - distance);
    if (!entry.good() || !common || encoded_size(common->address_encoding) == 0) {
        return std::nullopt;
    }
    entry.take(2 * encoded_size(common->address_encoding));  // where the function begins, its size
    if (common->has_augmentation) {
        entry.block();
    }
    rule_program program(*common, reinterpret_cast<std::uintptr_t>(bases.function), address);
    if (!program.run(common->program)) {
        return std::nullopt;
    }
    program.keep_as_initial();
    if (!program.run(entry)) {
        return std::nullopt;
    }
    return program.rules();
}

std::uintptr_t function_begin(std::uintptr_t address) noexcept {
    entry_bases bases{};
    const bool found = find_entry(reinterpret_cast<void*>(address), &bases) != nullptr;
    return found ? reinterpret_cast<std::uintptr_t>(bases.function) : 0;
}

}  // namespace weft::fiber
