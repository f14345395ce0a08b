#include <weft/detail/spin_lock.hpp>

#include "platform/back_off.hpp"

namespace weft::detail {

void spin_lock::lock_contended() noexcept {
    for (int attempt = 0; !try_lock(); ++attempt) {
        platform::back_off(attempt);
    }
}

}  // namespace weft::detail
