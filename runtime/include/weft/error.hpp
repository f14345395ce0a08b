// What the runtime throws.
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>

namespace weft {

/// A mistake of the program that Go calls a panic, with Go's own text ("send on closed channel").
class panic : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Memory, threads or descriptors were refused by the system. `code()` is the system's reason.
class resource_error : public std::system_error {
public:
    using std::system_error::system_error;
};

/// Every goroutine is blocked for good; thrown by `run` with `on_deadlock::throw_error`, and by
/// `bubble` (testing.hpp). `what()` is the whole report.
class deadlock_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace weft
