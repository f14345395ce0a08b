#include "platform/symbols.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <link.h>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <memory>

namespace weft::platform {

namespace {

std::string hexadecimal(std::uintptr_t number) {
    char digits[2 * sizeof number];
    const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), number, 16);
    return "0x" + std::string(std::begin(digits), end);
}

/// Where the file's address 0 was loaded; a program that is not position-independent names its
/// addresses as they are.
std::uintptr_t load_offset(const void* header) noexcept {
    const bool movable = static_cast<const ElfW(Ehdr)*>(header)->e_type == ET_DYN;
    return movable ? reinterpret_cast<std::uintptr_t>(header) : 0;
}

}  // namespace

std::string demangled(const char* name) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(
        abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
    return status == 0 ? text.get() : name;
}

std::string describe_call(std::uintptr_t return_address) {
    const std::uintptr_t call = return_address - 1;  // the call may be its function's last word
    Dl_info found{};
    if (dladdr(reinterpret_cast<void*>(call), &found) == 0 || found.dli_fbase == nullptr) {
        return hexadecimal(return_address) + "\n\t?\n";
    }
    const std::string function =
        found.dli_sname == nullptr ? hexadecimal(return_address) : demangled(found.dli_sname);
    return function + "\n\t" + found.dli_fname + "+" +
           hexadecimal(call - load_offset(found.dli_fbase)) + "\n";
}

}  // namespace weft::platform
