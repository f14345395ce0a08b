// The profiles of a contender as its programs see them: those of its own, and one that all have.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "suites/kit/description.hpp"
#include "suites/kit/workload_set.hpp"

namespace suite {

/// The contender with what the kit adds: the allocator that each profile has, and the profile with
/// the fast one.
description with_allocators(description who);

/// What the sets list in a profile; all of it is refused where the profile cannot be had here.
std::vector<entry> entries_of(const profile& which, const description& who,
                              std::span<const workload_set> sets);

/// Makes this process one that the profile can be measured in: goes on when it is, and otherwise
/// starts this process again, as the profile's own program or with its allocator. Throws
/// unsupported where that is not possible.
void become(const profile& which, const char* const* argv);

/// The profile as the contender knows it: its own name, or the default's where the kit added it.
std::string own_name(const profile& which, const description& who);

}  // namespace suite
