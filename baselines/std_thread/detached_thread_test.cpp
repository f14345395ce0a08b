#include "detached_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>

namespace contender {
namespace {

bool is_detached() {
    pthread_attr_t attributes;
    int state = PTHREAD_CREATE_JOINABLE;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getdetachstate(&attributes, &state);
        pthread_attr_destroy(&attributes);
    }
    return state == PTHREAD_CREATE_DETACHED;
}

TEST(DetachedThread, IsDetachedFromItsFirstMomentOn) {
    constexpr int threads = 1000;
    std::atomic<int> detached{0};
    std::latch ended(threads);
    for (int i = 0; i < threads; ++i) {
        start_detached([&] {
            detached += is_detached() ? 1 : 0;
            ended.count_down();
        });
    }
    ended.wait();
    EXPECT_EQ(detached, threads);
}

TEST(DetachedThread, TakesWhatCanOnlyBeMovedAndLetsItGo) {
    std::latch gone(1);
    const auto say = [&](const int* value) {
        EXPECT_EQ(*value, 7);
        delete value;
        gone.count_down();
    };
    start_detached([held = std::unique_ptr<int, decltype(say)>(new int(7), say)]() mutable {
        EXPECT_NE(held, nullptr);
    });
    gone.wait();
}

}  // namespace
}  // namespace contender
