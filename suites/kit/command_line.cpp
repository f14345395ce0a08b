#include "suites/kit/command_line.hpp"

#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <system_error>

namespace suite {
namespace {

std::int64_t whole_number(std::string_view name, std::string_view text, std::int64_t least,
                          std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
        throw usage_error(std::string(name) + " must be a whole number of at least " +
                          std::to_string(least) + ", not '" + std::string(text) + "'");
    }
    return value;
}

int whole_int(std::string_view name, std::string_view text, int least) {
    return static_cast<int>(whole_number(name, text, least, std::numeric_limits<int>::max()));
}

void add_parameter(settings& run, std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
        throw usage_error("--param wants name=value, not '" + std::string(text) + "'");
    }
    const auto [at, added] =
        run.parameters.emplace(text.substr(0, equals), text.substr(equals + 1));
    if (!added) {
        throw usage_error("parameter '" + at->first + "' is given twice");
    }
}

void set_address(server& service, std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        throw usage_error("--server wants host:port, not '" + std::string(text) + "'");
    }
    service.host = text.substr(0, colon);
    service.port = static_cast<std::uint16_t>(
        whole_number("the port of --server", text.substr(colon + 1), 1, 65535));
}

using option_reader = std::function<void(std::string_view)>;

std::map<std::string_view, option_reader> option_readers(settings& run, server& service) {
    return {
        {"--workload", [&](auto text) { run.workload = text; }},
        {"--profile", [&](auto text) { run.profile = text; }},
        {"--workers", [&](auto text) { run.workers = whole_int("--workers", text, 1); }},
        {"--param", [&](auto text) { add_parameter(run, text); }},
        {"--operations",
         [&](auto text) { run.operations = whole_number("--operations", text, 1); }},
        {"--warmup", [&](auto text) { run.warmup = whole_int("--warmup", text, 0); }},
        {"--repetitions",
         [&](auto text) { run.repetitions = whole_int("--repetitions", text, 1); }},
        {"--server", [&](auto text) { set_address(service, text); }},
        {"--server-token", [&](auto text) { service.token = text; }},
    };
}

void require_all(const std::set<std::string_view>& seen) {
    for (const std::string_view name :
         {"--workload", "--profile", "--workers", "--operations", "--warmup", "--repetitions"}) {
        if (!seen.contains(name)) {
            throw usage_error(std::string(name) + " is missing");
        }
    }
    if (seen.contains("--server") != seen.contains("--server-token")) {
        throw usage_error("--server and --server-token go together");
    }
}

settings parse_run(std::span<const char* const> words) {
    settings run;
    server service;
    const auto readers = option_readers(run, service);
    std::set<std::string_view> seen;
    for (std::size_t at = 0; at < words.size(); at += 2) {
        const std::string_view name = words[at];
        const auto reader = readers.find(name);
        if (reader == readers.end()) {
            throw usage_error("unknown option '" + std::string(name) + "'");
        }
        if (at + 1 == words.size()) {
            throw usage_error(std::string(name) + " wants a value");
        }
        if (!seen.insert(name).second && name != "--param") {
            throw usage_error(std::string(name) + " is given twice");
        }
        reader->second(words[at + 1]);
    }
    require_all(seen);
    if (seen.contains("--server")) {
        run.service = service;
    }
    return run;
}

}  // namespace

const std::string& settings::text(std::string_view name) const {
    const auto found = parameters.find(name);
    if (found == parameters.end()) {
        throw usage_error("parameter '" + std::string(name) + "' is missing");
    }
    return found->second;
}

std::int64_t settings::number(std::string_view name, std::int64_t least) const {
    return whole_number("parameter '" + std::string(name) + "'", text(name), least);
}

command_line parse_command_line(std::span<const char* const> words) {
    if (words.empty()) {
        throw usage_error("what to do is missing: describe, list or run");
    }
    const std::string_view what = words.front();
    if (what == "run") {
        return {verb::run, parse_run(words.subspan(1))};
    }
    if (what != "describe" && what != "list") {
        throw usage_error("unknown verb '" + std::string(what) + "': describe, list or run");
    }
    if (words.size() > 1) {
        throw usage_error(std::string(what) + " takes no options");
    }
    return {what == "list" ? verb::list : verb::describe, {}};
}

}  // namespace suite
