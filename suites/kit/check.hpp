// Checks of results.
#pragma once

#include <string>

#include "suites/kit/errors.hpp"

namespace suite {

/// Throws wrong_result with both numbers unless they are equal.
template <class T>
void require_equal(const T& got, const T& wanted, const char* what) {
    if (got != wanted) {
        throw wrong_result(std::string(what) + ": " + std::to_string(got) + " instead of " +
                           std::to_string(wanted));
    }
}

}  // namespace suite
