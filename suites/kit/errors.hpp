// The ways a program can end without a result, one type each; bench_main turns them into exit
// statuses.
#pragma once

#include <stdexcept>

namespace suite {

/// The command line is wrong: exit status 2.
class usage_error : public std::runtime_error {
    using runtime_error::runtime_error;
};

/// A check of the workload failed: exit status 3.
class wrong_result : public std::runtime_error {
    using runtime_error::runtime_error;
};

/// The contender cannot do what is asked: exit status 4.
class unsupported : public std::runtime_error {
    using runtime_error::runtime_error;
};

}  // namespace suite
