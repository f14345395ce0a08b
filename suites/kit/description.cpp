#include "suites/kit/description.hpp"

#include <gnu/libc-version.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

namespace suite {
namespace {

// Ordered: a reader of the printed line finds what identifies it first.
using json = nlohmann::ordered_json;

#if defined(__clang__)
constexpr std::string_view compiler = "clang++ " __clang_version__;
#else
constexpr std::string_view compiler = "g++ " __VERSION__;
#endif

std::string_view word_for(gap kind) {
    switch (kind) {
        case gap::not_expressible:
            return "not expressible";
        case gap::not_implemented:
            return "not implemented";
        case gap::not_installed:
            return "not installed";
    }
    return "unknown";
}

json limit_as_json(const limit& rule) {
    json out{{"parameter", rule.parameter}};
    if (rule.min) {
        out["min"] = *rule.min;
    }
    if (rule.max) {
        out["max"] = *rule.max;
    }
    if (!rule.values.empty()) {
        out["values"] = rule.values;
    }
    out["gap"] = word_for(rule.kind);
    out["reason"] = rule.reason;
    return out;
}

json deviation_as_json(const deviation& what) {
    json out{{"parameter", what.parameter}, {"asked", what.asked}};
    std::visit([&](const auto& value) { out["effective"] = value; }, what.effective);
    out["reason"] = what.reason;
    return out;
}

json entry_as_json(const entry& what) {
    json out{{"workload", what.workload.id},
             {"version", what.workload.version},
             {"profile", what.profile},
             {"supported", what.how.refusal.empty()}};
    if (!what.how.refusal.empty()) {
        out["gap"] = word_for(what.how.kind);
        out["reason"] = what.how.refusal;
        return out;
    }
    out["form"] = what.form;
    out["source"] = what.source;
    out["limits"] = json::array();
    for (const limit& rule : what.how.limits) {
        out["limits"].push_back(limit_as_json(rule));
    }
    out["deviations"] = json::array();
    for (const deviation& difference : what.how.deviations) {
        out["deviations"].push_back(deviation_as_json(difference));
    }
    return out;
}

void require_within(const limit& rule, const std::string& value) {
    bool possible = rule.values.empty() ||
                    std::find(rule.values.begin(), rule.values.end(), value) != rule.values.end();
    if (rule.min || rule.max) {
        std::int64_t number = 0;
        const char* end = value.data() + value.size();
        const auto parsed = std::from_chars(value.data(), end, number);
        possible = possible && parsed.ec == std::errc{} && parsed.ptr == end &&
                   number >= rule.min.value_or(number) && number <= rule.max.value_or(number);
    }
    if (!possible) {
        throw unsupported(rule.parameter + "=" + value + " is not possible: " + rule.reason);
    }
}

void require_parameters(const workload_info& workload, const settings& run) {
    for (const std::string_view name : workload.parameters) {
        run.text(name);
    }
    for (const auto& [name, value] : run.parameters) {
        const auto& known = workload.parameters;
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw usage_error(std::string(workload.id) + " has no parameter '" + name + "'");
        }
    }
    if (workload.needs_server && !run.service) {
        throw usage_error(std::string(workload.id) + " needs --server and --server-token");
    }
}

}  // namespace

void print_description(std::ostream& out, const description& who, std::string_view flags) {
    json profiles = json::array();
    for (const profile& each : who.profiles) {
        profiles.push_back({{"name", each.name},
                            {"default", each.is_default},
                            {"summary", each.summary},
                            {"on_request", each.on_request},
                            {"effective", each.effective}});
    }
    const json text{{"schema", "weft.describe/1"},
                    {"contender", who.contender},
                    {"version", who.version},
                    {"language", "C++20"},
                    {"compiler", compiler},
                    {"flags", flags},
                    {"allocator", std::string("glibc ") + gnu_get_libc_version()},
                    {"profiles", profiles}};
    out << text.dump() << '\n';
}

void print_list(std::ostream& out, const description& who, std::span<const entry> entries) {
    json list = json::array();
    for (const entry& each : entries) {
        if (each.listed) {
            list.push_back(entry_as_json(each));
        }
    }
    const json text{{"schema", "weft.list/1"}, {"contender", who.contender}, {"entries", list}};
    out << text.dump() << '\n';
}

void require_possible(const entry& what, const settings& run) {
    require_parameters(what.workload, run);
    if (!what.how.refusal.empty()) {
        throw unsupported(what.how.refusal);
    }
    for (const limit& rule : what.how.limits) {
        require_within(rule, rule.parameter == "workers" ? std::to_string(run.workers)
                                                         : run.text(rule.parameter));
    }
}

}  // namespace suite
