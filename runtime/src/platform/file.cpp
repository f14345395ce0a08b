#include "platform/file.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace weft::platform {

namespace {

/// Keeps SIGPIPE from the calling thread, and takes away one that came meanwhile.
class pipe_signal_block {
public:
    pipe_signal_block() noexcept {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        sigset_t pending;
        sigpending(&pending);
        was_pending_ = sigismember(&pending, SIGPIPE) == 1;
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~pipe_signal_block() {
        const timespec at_once{};
        if (broken_ && !was_pending_) {
            while (sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
            }
        }
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    pipe_signal_block(const pipe_signal_block&) = delete;
    pipe_signal_block& operator=(const pipe_signal_block&) = delete;
    void broken() noexcept { broken_ = true; }

private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
    bool broken_ = false;
};

}  // namespace

int create_file(const std::string& path) noexcept {
    int descriptor = -1;
    do {
        descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    } while (descriptor < 0 && errno == EINTR);
    return descriptor < 0 ? -errno : descriptor;
}

int write_file(int descriptor, const char* bytes, std::size_t size) noexcept {
    const int saved_errno = errno;
    int result = 0;
    {
        pipe_signal_block block;
        while (size > 0 && result == 0) {
            const ssize_t written = write(descriptor, bytes, size);
            if (written > 0) {
                bytes += written;
                size -= static_cast<std::size_t>(written);
            } else if (written == 0) {
                result = -EIO;  // not what a file does: never to be tried for ever
            } else if (errno != EINTR) {
                result = -errno;
            }
        }
        if (result == -EPIPE) {
            block.broken();
        }
    }
    errno = saved_errno;
    return result;
}

int close_file(int descriptor) noexcept {
    return close(descriptor) == 0 ? 0 : -errno;
}

}  // namespace weft::platform
