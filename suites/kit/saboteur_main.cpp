// The honest saboteur as a contender's program, which says in each record which file it ran from.
#include <array>
#include <filesystem>

#include "suites/kit/bench_main.hpp"
#include "suites/kit/saboteur.hpp"
#include "suites/spawn/batch.hpp"

namespace {

struct contender : suite::testing::saboteur<> {
    static suite::description describe() {
        suite::description who = saboteur::describe();
        for (const char* program : {"saboteur_variant", "saboteur_missing"}) {
            who.profiles.push_back({.name = program,
                                    .summary = "done by another program",
                                    .effective = {{"program", program}},
                                    .on_request = true,
                                    .program = program});
        }
        return who;
    }

    static std::map<std::string, std::string> effective(const suite::settings& run) {
        auto values = saboteur::effective(run);
        values["program"] = std::filesystem::read_symlink("/proc/self/exe").filename();
        return values;
    }
};

}  // namespace

int main(int argc, char** argv) {
    const std::array sets{
        suite::make_workload_set<contender>(suite::workload_list<suite::spawn::batch_workload>{})};
    return suite::bench_main(argc, argv, "", contender::describe(), sets);
}
