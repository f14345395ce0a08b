#include "suites/kit/allocator.hpp"

#include <dlfcn.h>

#include <filesystem>

namespace suite {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#elif defined(__has_feature)
constexpr bool is_sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool is_sanitized = false;
#endif

}  // namespace

std::string usual_allocator() {
    return is_sanitized ? "sanitizer" : "glibc";
}

std::string allocator_in_use() {
    Dl_info where{};
    // The address of malloc in this program's text may be that of a stub.
    void* const address = ::dlsym(RTLD_DEFAULT, "malloc");
    if (address == nullptr || ::dladdr(address, &where) == 0 || where.dli_fname == nullptr) {
        return "unknown";
    }
    const std::string file = std::filesystem::path(where.dli_fname).filename();
    if (file.starts_with("libjemalloc.")) {
        return std::string(fast_allocator);
    }
    // A sanitizer may be linked into the program itself.
    return is_sanitized || file.starts_with("libc.") ? usual_allocator() : file;
}

std::string fast_allocator_library() {
    return is_sanitized ? "" : FAST_ALLOCATOR_LIBRARY;
}

}  // namespace suite
