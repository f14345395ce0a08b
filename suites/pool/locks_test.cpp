#include <gtest/gtest.h>

#include "suites/kit/saboteur.hpp"
#include "suites/kit/spoilt_tasks.hpp"
#include "suites/pool/mutex.hpp"
#include "suites/pool/shared_mutex.hpp"

namespace suite::pool {
namespace {

using testing::defect;
using testing::repeat_once;
using testing::saboteur;
using testing::spoilt_tasks;

settings lock_settings(const char* section_ns) {
    settings run;
    run.workers = 2;
    run.operations = 101;
    run.parameters = {{"tasks", "4"}, {"section_ns", section_ns}, {"read_percent", "50"}};
    return run;
}

/// Whether the check finds sections that a broken lock lets overlap. One repetition need not have
/// any, so it is repeated until one has; a check that sees nothing hangs, and the test with it.
template <defect Defect, class W>
bool finds_an_overlap() {
    for (;;) {
        try {
            repeat_once<Defect, W>(lock_settings("20000"));
        } catch (const wrong_result&) {
            return true;
        }
    }
}

TEST(Mutex, CountsUnevenShares) {
    for (const char* section_ns : {"0", "1000"}) {
        EXPECT_EQ((repeat_once<defect::none, mutex_workload>(lock_settings(section_ns))), 101U);
    }
}

TEST(Mutex, FindsSectionsThatOverlap) {
    EXPECT_TRUE((finds_an_overlap<defect::excludes_nobody, mutex_workload>()));
}

TEST(Mutex, FindsATaskThatDidNotRunOrRanTwice) {
    using mutex = saboteur<>::mutex;
    EXPECT_THROW((repeat_once<saboteur<>, mutex_of<spoilt_tasks<0>, mutex>>(lock_settings("0"))),
                 wrong_result);
    EXPECT_THROW((repeat_once<saboteur<>, mutex_of<spoilt_tasks<2>, mutex>>(lock_settings("0"))),
                 wrong_result);
}

TEST(SharedMutex, CountsTheWritesOfEveryShare) {
    settings run = lock_settings("100");
    for (const char* read_percent : {"0", "50", "100"}) {
        run.parameters["read_percent"] = read_percent;
        const auto writes = repeat_once<defect::none, shared_mutex_workload>(run);
        EXPECT_EQ(writes == 101, read_percent[0] == '0');
        EXPECT_EQ(writes == 0, read_percent[0] == '1');
    }
}

TEST(SharedMutex, RefusesAShareOfMoreThanAll) {
    settings run = lock_settings("0");
    run.parameters["read_percent"] = "101";
    EXPECT_THROW((repeat_once<defect::none, shared_mutex_workload>(run)), usage_error);
}

TEST(SharedMutex, FindsReadersBesideAWriter) {
    EXPECT_TRUE((finds_an_overlap<defect::admits_readers, shared_mutex_workload>()));
}

TEST(SharedMutex, FindsWritersBesideEachOther) {
    EXPECT_TRUE((finds_an_overlap<defect::excludes_nobody, shared_mutex_workload>()));
}

TEST(SharedMutex, FindsATaskThatDidNotRunOrRanTwice) {
    using mutex = saboteur<>::shared_mutex;
    EXPECT_THROW(
        (repeat_once<saboteur<>, shared_mutex_of<spoilt_tasks<0>, mutex>>(lock_settings("0"))),
        wrong_result);
    EXPECT_THROW(
        (repeat_once<saboteur<>, shared_mutex_of<spoilt_tasks<2>, mutex>>(lock_settings("0"))),
        wrong_result);
}

}  // namespace
}  // namespace suite::pool
