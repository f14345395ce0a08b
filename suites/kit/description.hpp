// What a program says about itself and its workloads, and the JSON forms of it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "suites/kit/settings.hpp"

namespace suite {

struct profile {
    std::string name;
    bool is_default = false;
    std::string summary;
    /// What makes the profile what it is, and what each of its records has to say of itself.
    std::map<std::string, std::string> effective{};
    /// Measured only where a sweep of a workload's spec asks for it by name.
    bool on_request = false;
    /// The program beside this one that does it; empty where that is this one.
    std::string program{};
};

struct description {
    std::string contender;
    std::string version;
    std::vector<profile> profiles;  // exactly one is the default
};

/// Why something cannot be measured: the contender has no such thing; it has, and its program does
/// not do it yet; or this machine lacks what it takes.
enum class gap { not_expressible, not_implemented, not_installed };

/// Rules out values of one parameter (or of "workers"); at least one bound is given.
struct limit {
    std::string parameter;
    std::optional<std::int64_t> min{};
    std::optional<std::int64_t> max{};
    std::vector<std::string> values{};  // the only values that are possible
    std::string reason;
    gap kind = gap::not_expressible;
};

/// Where an effective value differs from the one asked for.
struct deviation {
    std::string parameter;
    std::int64_t asked = 0;
    std::variant<std::int64_t, std::string> effective;
    std::string reason;
};

/// How a contender takes a workload in a profile: refused with a reason, or within limits.
struct terms {
    std::string refusal{};
    gap kind = gap::not_expressible;  // of the refusal
    std::vector<limit> limits{};
    std::vector<deviation> deviations{};
};

/// A workload as the programs know it; everything else about it is in its TOML file.
struct workload_info {
    std::string_view id;
    int version = 1;
    std::string_view source;
    std::span<const std::string_view> parameters;
    bool needs_server = false;
};

/// One workload in one profile.
struct entry {
    workload_info workload;
    std::string profile;
    std::string form;
    std::string source;
    terms how;
    bool listed = true;  // false: it could be expressed, and nobody has done so yet
};

void print_description(std::ostream& out, const description& who, std::string_view flags);
void print_list(std::ostream& out, const description& who, std::span<const entry> entries);

/// Throws unsupported when the entry refuses the workload or a limit rules a value out, and
/// usage_error when parameters are missing, unknown, or the service is.
void require_possible(const entry& what, const settings& run);

}  // namespace suite
