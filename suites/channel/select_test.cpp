#include "suites/channel/select.hpp"

#include <gtest/gtest.h>

#include "suites/kit/saboteur.hpp"

namespace suite::channel {
namespace {

using testing::defect;
using testing::repeat_once;

settings select_settings(const char* mode, const char* channels = "4", const char* tasks = "2") {
    settings run;
    run.workers = 2;
    run.operations = 101;
    run.parameters = {{"mode", mode}, {"channels", channels}, {"tasks", tasks}};
    return run;
}

TEST(Select, CountsTheSelectsOfEveryModeAndWidth) {
    for (const char* mode : {"ready", "empty", "default", "timeout", "done"}) {
        for (const char* channels : {"2", "4", "16", "64"}) {
            EXPECT_EQ((repeat_once<defect::none, select_workload>(select_settings(mode, channels))),
                      101U)
                << mode << ' ' << channels;
        }
    }
}

TEST(Select, RefusesAnotherModeAndAnotherWidth) {
    EXPECT_THROW((repeat_once<defect::none, select_workload>(select_settings("none"))),
                 usage_error);
    EXPECT_THROW((repeat_once<defect::none, select_workload>(select_settings("ready", "3"))),
                 usage_error);
}

TEST(Select, FindsAMessageReportedUnderAnotherChannel) {
    for (const char* mode : {"ready", "empty", "default", "timeout"}) {
        EXPECT_THROW((repeat_once<defect::misreports, select_workload>(select_settings(mode))),
                     wrong_result)
            << mode;
    }
}

TEST(Select, FindsADuplicatedMessage) {
    for (const char* mode : {"ready", "empty", "default", "timeout", "done"}) {
        EXPECT_THROW((repeat_once<defect::duplicates, select_workload>(select_settings(mode))),
                     wrong_result)
            << mode;
    }
}

TEST(Select, FindsACorruptedMessage) {
    for (const char* mode : {"ready", "empty", "timeout", "done"}) {
        EXPECT_THROW((repeat_once<defect::corrupts, select_workload>(select_settings(mode))),
                     wrong_result)
            << mode;
    }
}

TEST(Select, FindsALostMessage) {
    EXPECT_THROW((repeat_once<defect::drops, select_workload>(select_settings("done"))),
                 wrong_result);
}

TEST(Select, FindsAMessageThatOvertookAnother) {
    EXPECT_THROW((repeat_once<defect::reorders, select_workload>(select_settings("done"))),
                 wrong_result);
}

TEST(Select, FindsADoneThatSomethingCameFrom) {
    EXPECT_THROW((repeat_once<defect::invents_at_close, select_workload>(select_settings("done"))),
                 wrong_result);
}

TEST(Select, FindsASelectThatWouldHaveFoundNothingEver) {
    EXPECT_THROW((repeat_once<defect::overlooks, select_workload>(select_settings("default"))),
                 wrong_result);
}

TEST(Select, FindsATimeoutThatFired) {
    EXPECT_THROW((repeat_once<defect::gives_up, select_workload>(select_settings("timeout"))),
                 wrong_result);
}

}  // namespace
}  // namespace suite::channel
