// The main function of every C++ contender: describe, list and run, as baselines/README.md says.
#pragma once

#include <span>
#include <string_view>

#include "suites/kit/description.hpp"
#include "suites/kit/workload_set.hpp"

namespace suite {

/// A contender's whole main. `flags` are the compiler's, for the description. `argv` ends with a
/// null pointer, as main's does: a profile may need the program to be started again.
int bench_main(int argc, const char* const* argv, std::string_view flags,
               const description& contender, std::span<const workload_set> sets);

}  // namespace suite
