#include "platform/memory.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

namespace weft::platform {

namespace {
constexpr int madv_guard_install = 102;  // Linux 6.13; older headers do not name it
constexpr std::uint64_t mappings_default = 65530;
}  // namespace

std::size_t system_page_size() noexcept {
    static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

char* reserve(std::size_t bytes) noexcept {
    const int saved_errno = errno;
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) {
        errno = saved_errno;
        return nullptr;
    }
    madvise(memory, bytes, MADV_NOHUGEPAGE);  // refused where the kernel has none: as wanted
    errno = saved_errno;
    return static_cast<char*>(memory);
}

void unreserve(char* memory, std::size_t bytes) noexcept {
    munmap(memory, bytes);
}

bool guard_by_madvise(char* memory, std::size_t bytes) noexcept {
    const int saved_errno = errno;
    const bool done = madvise(memory, bytes, madv_guard_install) == 0;
    errno = saved_errno;
    return done;
}

bool guard_by_mprotect(char* memory, std::size_t bytes) noexcept {
    const int saved_errno = errno;
    const bool done = mprotect(memory, bytes, PROT_NONE) == 0;
    errno = saved_errno;
    return done;
}

void discard(char* memory, std::size_t bytes) noexcept {
    const int saved_errno = errno;
    madvise(memory, bytes, MADV_DONTNEED);
    errno = saved_errno;
}

std::uint64_t mappings_max() noexcept {
    unsigned long long limit = mappings_default;
    if (std::FILE* file = std::fopen("/proc/sys/vm/max_map_count", "re")) {
        if (std::fscanf(file, "%llu", &limit) != 1) {
            limit = mappings_default;
        }
        std::fclose(file);
    }
    return limit;
}

}  // namespace weft::platform
