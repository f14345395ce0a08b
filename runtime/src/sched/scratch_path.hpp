// Where a test keeps its file.
#pragma once

#include "platform/system.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <cstdlib>
#include <string>

namespace weft::sched {

/// A path for the running test's file: no other test has it, and no other process, since the same
/// tests may run several times at once. The children that a death test starts anew inherit it.
inline std::string scratch_path() {
    constexpr const char* variable = "WEFT_TEST_PROCESS";
    setenv(variable, std::to_string(platform::process_id()).c_str(), 0);
    std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(test.begin(), test.end(), '/', '_');
    return testing::TempDir() + "weft_" + std::getenv(variable) + "_" + test;
}

}  // namespace weft::sched
