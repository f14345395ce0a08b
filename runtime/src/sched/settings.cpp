#include "sched/settings.hpp"

#include "platform/system.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weft::sched {

namespace {

constexpr int procs_max = 4096;
constexpr int threads_besides_procs = 2;  // the monitor, and one to spare
constexpr std::size_t stack_size_min = 16 << 10;
constexpr std::size_t stack_size_max = std::size_t{1} << 40;

[[noreturn]] void refuse(std::string_view name, std::string_view value, std::string_view wants) {
    throw std::invalid_argument("weft: " + std::string(name) + "=" + std::string(value) +
                                ": it must be " + std::string(wants));
}

std::optional<std::string_view> variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? std::nullopt
                                              : std::optional<std::string_view>(value);
}

std::optional<std::uint64_t> parse(std::string_view text, bool with_unit) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (unit.empty()) {
        return number;
    }
    int shift = 0;
    if (with_unit && unit.size() == 1) {
        switch (unit.front()) {
            case 'k':
            case 'K':
                shift = 10;
                break;
            case 'm':
            case 'M':
                shift = 20;
                break;
            case 'g':
            case 'G':
                shift = 30;
                break;
            default:
                return std::nullopt;
        }
    }
    if (shift == 0 || number > (std::numeric_limits<std::uint64_t>::max() >> shift)) {
        return std::nullopt;
    }
    return number << shift;
}

void take_count(const char* name, int limit, int& field) {
    if (const auto text = variable(name)) {
        const auto number = parse(*text, false);
        if (!number || *number == 0 || *number > static_cast<std::uint64_t>(limit)) {
            refuse(name, *text, "a number from 1 to " + std::to_string(limit));
        }
        field = static_cast<int>(*number);
    }
}

}  // namespace

int procs_limit(const options& settings) noexcept {
    return std::min(procs_max, settings.max_threads - threads_besides_procs);
}

options complete_settings(options settings) {
    const options defaults;
    if (settings.procs == defaults.procs) {
        take_count("WEFT_PROCS", procs_max, settings.procs);
    }
    if (settings.max_threads == defaults.max_threads) {
        take_count("WEFT_MAX_THREADS", std::numeric_limits<int>::max(), settings.max_threads);
    }
    if (settings.stack_size == defaults.stack_size) {
        if (const auto text = variable("WEFT_STACK_SIZE")) {
            const auto number = parse(*text, true);
            if (!number) {
                refuse("WEFT_STACK_SIZE", *text, "a number of bytes; K, M and G may follow it");
            }
            settings.stack_size = static_cast<std::size_t>(*number);
        }
    }
    if (settings.on_deadlock == defaults.on_deadlock) {
        if (const auto text = variable("WEFT_ON_DEADLOCK")) {
            if (*text == "throw") {
                settings.on_deadlock = on_deadlock::throw_error;
            } else if (*text != "exit") {
                refuse("WEFT_ON_DEADLOCK", *text, "exit or throw");
            }
        }
    }
    if (settings.trace.empty()) {
        settings.trace = variable("WEFT_TRACE").value_or("");
    }
    if (settings.procs == 0) {
        settings.procs = platform::usable_cpus();
    }
    if (settings.procs < 0 || settings.procs > procs_max) {
        refuse("options::procs", std::to_string(settings.procs),
               "0 or a number up to " + std::to_string(procs_max));
    }
    if (settings.stack_size < stack_size_min || settings.stack_size > stack_size_max) {
        refuse("options::stack_size", std::to_string(settings.stack_size),
               "from " + std::to_string(stack_size_min) + " to " + std::to_string(stack_size_max));
    }
    if (settings.max_threads < settings.procs + threads_besides_procs) {
        refuse(
            "options::max_threads", std::to_string(settings.max_threads),
            "at least procs + 2, here " + std::to_string(settings.procs + threads_besides_procs));
    }
    return settings;
}

}  // namespace weft::sched
