// Options: what the program said, what the environment says, what makes sense.
#pragma once

#include <weft/runtime.hpp>

namespace weft::sched {

/// Fills the fields that equal their defaults from the environment, and `procs` from the machine.
/// Throws std::invalid_argument, which names the option or variable and the value.
options complete_settings(options settings);

/// The most processors that a run with these complete options can have.
int procs_limit(const options& settings) noexcept;

}  // namespace weft::sched
