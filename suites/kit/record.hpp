// The record of a run in Google Benchmark's JSON form, printed by Google Benchmark's own reporter.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "suites/kit/description.hpp"
#include "suites/kit/meter.hpp"

namespace suite {

struct record {
    description who;
    entry what;
    std::map<std::string, std::string> effective;
    std::uint64_t checksum = 0;
    std::vector<measurement> repetitions;
};

/// Prints one record. The library keeps added context for the process's life, so this can be
/// called once per process.
void print_record(std::ostream& out, const char* program, const settings& run,
                  const record& result);

}  // namespace suite
