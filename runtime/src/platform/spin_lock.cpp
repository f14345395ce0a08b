#include <weft/detail/spin_lock.hpp>

#include "platform/thread.hpp"

namespace weft::detail {

namespace {
// About a microsecond: an uncontended section with its cache misses is over by then, so a longer
// wait means that the holder does not run.
constexpr int spins_max = 64;
constexpr int slices_max = 8;
constexpr std::int64_t sleep_ns = 50'000;
}  // namespace

void spin_lock::lock_contended() noexcept {
    for (int attempt = 0;; ++attempt) {
        if (try_lock()) {
            return;
        }
        if (attempt < spins_max) {
            platform::pause();
        } else if (attempt < spins_max + slices_max) {
            platform::yield_thread();
        } else {
            platform::sleep_thread(sleep_ns);
        }
    }
}

}  // namespace weft::detail
