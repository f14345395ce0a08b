// The saboteur's locks.
#pragma once

#include <mutex>
#include <shared_mutex>

namespace suite::testing {

/// Excludes nobody where it is told so.
template <bool Excludes>
class spoilt_mutex {
public:
    void lock() {
        if constexpr (Excludes) {
            mutex_.lock();
        }
    }
    void unlock() {
        if constexpr (Excludes) {
            mutex_.unlock();
        }
    }

private:
    std::mutex mutex_;
};

/// Lets readers in beside a writer, or writers in beside each other and beside readers.
template <bool ExcludesReaders, bool ExcludesWriters>
class spoilt_shared_mutex {
public:
    void lock() {
        if constexpr (ExcludesWriters) {
            mutex_.lock();
        }
    }
    void unlock() {
        if constexpr (ExcludesWriters) {
            mutex_.unlock();
        }
    }
    void lock_shared() {
        if constexpr (ExcludesReaders) {
            mutex_.lock_shared();
        }
    }
    void unlock_shared() {
        if constexpr (ExcludesReaders) {
            mutex_.unlock_shared();
        }
    }

private:
    std::shared_mutex mutex_;
};

}  // namespace suite::testing
