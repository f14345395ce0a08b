#include "suites/fanout/load_report.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "suites/kit/errors.hpp"

namespace suite::fanout {
namespace {

constexpr std::string_view done = "done ";

template <class Number>
Number to_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::runtime_error("the load generator's figure is no number: " + std::string(text));
    }
    return value;
}

}  // namespace

std::string to_line(const load_report& report) {
    std::ostringstream line;
    line << done << "count=" << report.count << " sum=" << report.sum << std::fixed;
    for (const auto& [name, value] : report.figures) {
        line << ' ' << name << '=' << value;
    }
    return std::move(line).str();
}

load_report parse_load_report(std::string_view line) {
    if (!line.starts_with(done)) {
        require_answer(line, done);
    }
    load_report report;
    std::istringstream words(std::string(line.substr(done.size())));
    for (std::string word; words >> word;) {
        const auto equals = std::min(word.find('='), word.size());
        const std::string name = word.substr(0, equals);
        const std::string_view value =
            std::string_view(word).substr(std::min(equals + 1, word.size()));
        if (name == "count") {
            report.count = to_number<std::uint64_t>(value);
        } else if (name == "sum") {
            report.sum = to_number<std::uint64_t>(value);
        } else {
            report.figures[name] = to_number<double>(value);
        }
    }
    return report;
}

void require_answer(std::string_view line, std::string_view wanted) {
    if (line == wanted) {
        return;
    }
    const auto space = std::min(line.find(' '), line.size());
    const std::string_view kind = line.substr(0, space);
    const std::string words(line.substr(std::min(space + 1, line.size())));
    if (kind == "wrong") {
        throw wrong_result(words);
    }
    if (kind == "refused") {
        throw std::system_error(std::make_error_code(std::errc::too_many_files_open),
                                "the load generator was refused: " + words);
    }
    throw std::runtime_error("the load generator says '" + std::string(line) + "' instead of '" +
                             std::string(wanted) + "'");
}

std::uint64_t sum_of_numbers(std::uint64_t messages, std::uint64_t connections) {
    const std::uint64_t each = messages / connections;
    const std::uint64_t one_more = messages % connections;
    return connections * (each * (each + 1) / 2) + one_more * (each + 1);
}

}  // namespace suite::fanout
