// The contenders' command line, as baselines/README.md specifies it.
#pragma once

#include <span>

#include "suites/kit/settings.hpp"

namespace suite {

enum class verb { describe, list, run };

struct command_line {
    verb what = verb::describe;
    settings run;  // filled for verb::run only
};

/// Parses the words after the program's name; usage_error says which one is wrong.
/// There are no defaults: what a run needs and is not given is an error.
command_line parse_command_line(std::span<const char* const> words);

}  // namespace suite
