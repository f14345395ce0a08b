#include "suites/kit/bench_main.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>

#include "suites/kit/allocator.hpp"
#include "suites/kit/command_line.hpp"
#include "suites/kit/profiles.hpp"

namespace suite {
namespace {

/// Makes this process the first one that the kernel ends when memory runs out, so that a contender
/// that needs too much loses its own cell and nobody else's.
void volunteer_for_oom_killer() {
    // Raising one's own score needs no rights; where /proc does not offer it, nothing is lost.
    std::ofstream("/proc/self/oom_score_adj") << "1000";
}

std::vector<entry> all_entries(const description& who, std::span<const workload_set> sets) {
    std::vector<entry> all;
    for (const profile& each : who.profiles) {
        const std::vector<entry> entries = entries_of(each, who, sets);
        all.insert(all.end(), entries.begin(), entries.end());
    }
    return all;
}

record run_named(settings run, const description& who, std::span<const workload_set> sets,
                 const char* const* argv) {
    const auto found = std::find_if(who.profiles.begin(), who.profiles.end(),
                                    [&](const profile& each) { return each.name == run.profile; });
    if (found == who.profiles.end()) {
        throw usage_error(who.contender + " has no profile '" + run.profile + "'");
    }
    become(*found, argv);
    run.profile = own_name(*found, who);
    for (const workload_set& set : sets) {
        if (std::optional<record> result = set.run(run, who)) {
            result->what.profile = found->name;
            result->effective["allocator"] = allocator_in_use();
            return *std::move(result);
        }
    }
    throw usage_error("there is no workload '" + run.workload + "'");
}

}  // namespace

int bench_main(int argc, const char* const* argv, std::string_view flags,
               const description& contender, std::span<const workload_set> sets) {
    try {
        const description who = with_allocators(contender);
        const command_line line =
            parse_command_line({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
        switch (line.what) {
            case verb::describe:
                print_description(std::cout, who, flags);
                break;
            case verb::list:
                print_list(std::cout, who, all_entries(who, sets));
                break;
            case verb::run: {
                volunteer_for_oom_killer();
                const record result = run_named(line.run, who, sets, argv);
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
