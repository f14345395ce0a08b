// File descriptors that close themselves, and the system's refusals as exceptions.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace suite {

/// Throws std::system_error with errno when a system call's result is negative.
inline long require_success(long result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return result;
}

class descriptor {
public:
    descriptor() = default;
    explicit descriptor(long value) : value_(static_cast<int>(value)) {}
    descriptor(descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~descriptor() { close(); }

    void close() noexcept {
        if (value_ >= 0) {
            ::close(std::exchange(value_, -1));
        }
    }
    int get() const { return value_; }

private:
    int value_ = -1;
};

}  // namespace suite
