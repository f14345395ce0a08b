#include "suites/kit/record.hpp"

#include <benchmark/benchmark.h>

#include <ostream>

namespace suite {
namespace {

void add_context(const settings& run, const record& result) {
    using benchmark::AddCustomContext;
    AddCustomContext("schema", "weft.record/1");
    AddCustomContext("contender", result.who.contender);
    AddCustomContext("version", result.who.version);
    AddCustomContext("workload", std::string(result.what.workload.id));
    AddCustomContext("workload_version", std::to_string(result.what.workload.version));
    AddCustomContext("profile", result.what.profile);
    AddCustomContext("form", result.what.form);
    std::map<std::string, std::string> effective(run.parameters.begin(), run.parameters.end());
    effective["operations"] = std::to_string(run.operations);
    effective["warmup"] = std::to_string(run.warmup);
    effective["repetitions"] = std::to_string(result.repetitions.size());
    for (const auto& [name, value] : result.effective) {
        effective[name] = value;
    }
    for (const auto& [name, value] : effective) {
        AddCustomContext("effective." + name, value);
    }
    AddCustomContext("check", "ok");
    AddCustomContext("checksum", std::to_string(result.checksum));
}

benchmark::BenchmarkReporter::Run repetition(const settings& run, const measurement& measured,
                                             std::size_t index) {
    constexpr double ns_per_s = 1e9;
    benchmark::BenchmarkReporter::Run out;
    out.run_name.function_name = run.workload;
    out.family_index = 0;
    out.per_family_instance_index = 0;
    out.iterations = run.operations;
    out.repetition_index = static_cast<std::int64_t>(index);
    out.repetitions = run.repetitions;
    out.time_unit = benchmark::kNanosecond;
    out.real_accumulated_time = measured.real_ns / ns_per_s;
    out.cpu_accumulated_time = measured.cpu_ns / ns_per_s;
    for (const auto& [name, value] : measured.figures) {
        out.counters[name] = value;
    }
    return out;
}

}  // namespace

void print_record(std::ostream& out, const char* program, const settings& run,
                  const record& result) {
    add_context(run, result);
    benchmark::BenchmarkReporter::Context::executable_name = program;
    std::vector<benchmark::BenchmarkReporter::Run> runs;
    for (const measurement& measured : result.repetitions) {
        runs.push_back(repetition(run, measured, runs.size()));
    }
    benchmark::JSONReporter reporter;
    reporter.SetOutputStream(&out);
    reporter.ReportContext(benchmark::BenchmarkReporter::Context());
    reporter.ReportRuns(runs);
    reporter.Finalize();
}

}  // namespace suite
