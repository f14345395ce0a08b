// What one `run` is asked to do: the command line as values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "suites/kit/errors.hpp"

namespace suite {

/// The service that a workload talks to, as it introduced itself.
struct server {
    std::string host;
    std::uint16_t port = 0;
    std::string token;
};

struct settings {
    std::string workload;
    std::string profile;
    int workers = 0;
    std::map<std::string, std::string, std::less<>> parameters;
    std::int64_t operations = 0;
    int warmup = 0;
    int repetitions = 0;
    std::optional<server> service;

    /// A parameter's text; usage_error when it was not passed.
    const std::string& text(std::string_view name) const;

    /// A parameter as a whole number of at least `least`; usage_error when it is none.
    std::int64_t number(std::string_view name, std::int64_t least = 0) const;
};

}  // namespace suite
