// The main function of every C++ contender: describe, list and run, as baselines/README.md says.
#pragma once

#include <algorithm>
#include <exception>
#include <iostream>
#include <new>
#include <optional>
#include <system_error>

#include "suites/kit/command_line.hpp"
#include "suites/kit/concepts.hpp"
#include "suites/kit/record.hpp"
#include "suites/kit/workload.hpp"

namespace suite {

/// The kit's exit statuses; see baselines/README.md.
enum class exit_status : int {
    ok = 0,
    usage = 2,
    wrong_result = 3,
    unsupported = 4,
    refused = 5,
    crash = 70
};

/// Whether an error is the machine's refusal of memory, threads, descriptors or ports.
bool is_refusal(const std::error_code& code);

/// Makes this process the first one that the kernel ends when memory runs out, so that a contender
/// that needs too much loses its own cell and nobody else's.
void volunteer_for_oom_killer();

/// Ends the process at once with what went wrong. An error that came while tasks were being started
/// leaves tasks behind that use what has just been unwound, so the pool cannot be left in order.
[[noreturn]] void leave_pool(const char* workload);

/// Says on stderr what went wrong and returns the status to end with. To be called in a handler.
exit_status report_current_exception(const char* program);

namespace detail {

/// Does a workload warmup + repetitions times as one task of one pool.
template <class C, class Body>
record measure(const settings& run, description who, entry what) {
    record result{std::move(who), std::move(what), {}, 0, {}};
    std::exception_ptr failure;
    const auto root = [&] {
        std::optional<Body> body;  // outside the try: see leave_pool
        try {
            body.emplace(run);
            for (int round = 0; round < run.warmup + run.repetitions; ++round) {
                meter stopwatch;
                result.checksum = body->repeat(stopwatch);
                if (round >= run.warmup) {
                    result.repetitions.push_back(stopwatch.result());
                }
                for (const auto& [name, value] : stopwatch.effective()) {
                    result.effective[name] = value;
                }
            }
            result.effective.merge(C::effective(run));
        } catch (const wrong_result&) {
            failure = std::current_exception();
        } catch (const usage_error&) {
            failure = std::current_exception();
        } catch (...) {
            leave_pool(run.workload.c_str());
        }
    };
    C::run(run, root);
    if (failure) {
        std::rethrow_exception(failure);
    }
    return result;
}

template <class C, class W>
bool run_if_named(const settings& run, const description& who, std::optional<record>& result) {
    if (W::info.id != run.workload) {
        return false;
    }
    entry what = make_entry<C, W>(run.profile);
    require_possible(what, run);
    if constexpr (expressible<C, W>) {
        result = measure<C, body_of<C, W>>(run, who, std::move(what));
    }
    return true;
}

template <class C, class... W>
std::vector<entry> make_entries(const description& who, workload_list<W...>) {
    std::vector<entry> entries;
    for (const profile& each : who.profiles) {
        (entries.push_back(make_entry<C, W>(each.name)), ...);
    }
    return entries;
}

template <class C, class... W>
record run_named(const settings& run, const description& who, workload_list<W...>) {
    const auto has_name = [&](const profile& each) { return each.name == run.profile; };
    if (std::none_of(who.profiles.begin(), who.profiles.end(), has_name)) {
        throw usage_error(who.contender + " has no profile '" + run.profile + "'");
    }
    std::optional<record> result;
    if (!(run_if_named<C, W>(run, who, result) || ...)) {
        throw usage_error("there is no workload '" + run.workload + "'");
    }
    return std::move(result).value();
}

}  // namespace detail

/// A contender's whole main. `flags` are the compiler's, for the description.
template <class C, class Workloads>
int bench_main(int argc, const char* const* argv, std::string_view flags, Workloads workloads) {
    try {
        const command_line line =
            parse_command_line({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
        const description who = C::describe();
        switch (line.what) {
            case verb::describe:
                print_description(std::cout, who, flags);
                break;
            case verb::list:
                print_list(std::cout, who, detail::make_entries<C>(who, workloads));
                break;
            case verb::run: {
                volunteer_for_oom_killer();
                const record result = detail::run_named<C>(line.run, who, workloads);
                print_record(std::cout, argv[0], line.run, result);
                break;
            }
        }
        std::cout.flush();
        return static_cast<int>(std::cout ? exit_status::ok : exit_status::crash);
    } catch (...) {
        return static_cast<int>(report_current_exception(argc > 0 ? argv[0] : "contender"));
    }
}

}  // namespace suite
