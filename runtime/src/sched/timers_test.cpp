#include "sched/timers.hpp"

#include "fiber/sanitizer.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

struct logged_timer : timer {
    std::vector<std::int64_t>* log = nullptr;
    int fired = 0;

    logged_timer() {
        fire = [](timer& self, std::int64_t) {
            auto& mine = static_cast<logged_timer&>(self);
            ++mine.fired;
            if (mine.log != nullptr) {
                mine.log->push_back(mine.when_ns);
            }
        };
    }
};

TEST(timers_test, fires_what_is_due_in_order_of_time) {
    timer_heap heap;
    std::vector<std::int64_t> log;
    std::vector<logged_timer> all(500);
    std::mt19937 random(1);
    std::vector<std::int64_t> expected;
    for (logged_timer& each : all) {
        each.log = &log;
        const std::int64_t when = 1 + static_cast<std::int64_t>(random() % 100);
        heap.arm(each, when);
        if (when <= 50) {
            expected.push_back(when);
        }
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(heap.fire_due(50), expected.size());
    EXPECT_EQ(log, expected);
    EXPECT_EQ(heap.size(), all.size() - expected.size());
    EXPECT_GT(heap.next_ns(), 50);
    heap.fire_due(100);
    EXPECT_EQ(heap.size(), 0U);
    EXPECT_EQ(heap.next_ns(), no_deadline);
    EXPECT_TRUE(std::is_sorted(log.begin(), log.end()));
}

TEST(timers_test, arm_says_whether_the_timer_is_now_the_first) {
    timer_heap heap;
    logged_timer a;
    logged_timer b;
    logged_timer c;
    EXPECT_TRUE(heap.arm(a, 20));
    EXPECT_FALSE(heap.arm(b, 30));
    EXPECT_TRUE(heap.arm(c, 10));
    EXPECT_EQ(heap.next_ns(), 10);
}

TEST(timers_test, a_disarmed_timer_never_fires) {
    timer_heap heap;
    logged_timer a;
    logged_timer b;
    heap.arm(a, 1);
    heap.arm(b, 2);
    EXPECT_TRUE(heap.disarm(a));
    EXPECT_FALSE(heap.disarm(a));
    EXPECT_EQ(heap.fire_due(10), 1U);
    EXPECT_EQ(a.fired, 0);
    EXPECT_EQ(b.fired, 1);
    EXPECT_FALSE(heap.disarm(b));
}

TEST(timers_test, a_fired_timer_can_be_armed_again) {
    timer_heap heap;
    logged_timer a;
    for (int i = 1; i <= 3; ++i) {
        heap.arm(a, i);
        EXPECT_EQ(heap.fire_due(i - 1), 0U);
        EXPECT_EQ(heap.fire_due(i), 1U);
        EXPECT_EQ(a.fired, i);
    }
}

TEST(timers_test, only_who_holds_the_report_up_does) {
    timer_heap heap;
    logged_timer indifferent;
    indifferent.holds = [](const timer&) { return false; };
    heap.arm(indifferent, 1);
    EXPECT_FALSE(heap.holds_report());
    logged_timer sleeper;
    heap.arm(sleeper, 2);
    EXPECT_TRUE(heap.holds_report());
    heap.disarm(sleeper);
    EXPECT_FALSE(heap.holds_report());
}

TEST(timers_test, clear_forgets_all) {
    timer_heap heap;
    logged_timer a;
    heap.arm(a, 1);
    heap.clear();
    EXPECT_EQ(heap.next_ns(), no_deadline);
    EXPECT_EQ(heap.fire_due(10), 0U);
    EXPECT_FALSE(heap.disarm(a));
}

TEST(timers_test, a_timer_whose_lock_is_taken_stays_due) {
    struct locked_timer : logged_timer {
        bool taken = true;
    };
    timer_heap heap;
    locked_timer a;
    logged_timer later;
    a.try_lock = [](timer& self) { return !static_cast<locked_timer&>(self).taken; };
    heap.arm(a, 1);
    heap.arm(later, 2);
    EXPECT_EQ(heap.fire_due(5), 0U);
    EXPECT_EQ(heap.next_ns(), 1);
    a.taken = false;
    EXPECT_EQ(heap.fire_due(5), 2U);
    EXPECT_EQ(a.fired, 1);
    EXPECT_EQ(later.fired, 1);
}

TEST(timers_test, a_periodic_timer_keeps_its_phase_and_fires_once_for_all_it_missed) {
    timer_heap heap;
    std::vector<std::int64_t> dues;
    struct ticking : timer {
        std::vector<std::int64_t>* dues = nullptr;
    } t;
    t.dues = &dues;
    t.period_ns = 10;
    t.fire = [](timer& self, std::int64_t due) {
        static_cast<ticking&>(self).dues->push_back(due);
    };
    logged_timer between;
    heap.arm(t, 5);
    heap.arm(between, 20);
    EXPECT_EQ(heap.fire_due(5), 1U);
    EXPECT_EQ(heap.next_ns(), 15);
    EXPECT_EQ(heap.fire_due(38), 2U);
    EXPECT_EQ(heap.next_ns(), 45);
    EXPECT_EQ(dues, (std::vector<std::int64_t>{5, 15}));
    EXPECT_TRUE(heap.disarm(t));
    t.period_ns = no_deadline - 1;
    heap.arm(t, 50);
    EXPECT_EQ(heap.fire_due(60), 1U);
    EXPECT_EQ(heap.next_ns(), no_deadline);  // never, and not long ago
}

TEST(timers_test, no_more_fire_at_once_than_are_asked_for_and_the_first_go_first) {
    timer_heap heap;
    std::array<logged_timer, 5> all;
    for (std::size_t i = 0; i < all.size(); ++i) {
        heap.arm(all[i], static_cast<std::int64_t>(i));
    }
    EXPECT_EQ(heap.fire_due(10, 2), 2U);
    EXPECT_EQ(all[1].fired, 1);
    EXPECT_EQ(all[2].fired, 0);
    EXPECT_EQ(heap.next_ns(), 2);
    EXPECT_EQ(heap.fire_due(10), 3U);
}

TEST(timers_test, what_the_heap_knows_of_a_timer_goes_with_it) {
    timer_heap heap;
    for (int i = 0; i < 3; ++i) {
        std::array<logged_timer, 100> all;
        for (logged_timer& each : all) {
            heap.arm(each, 10);
        }
        EXPECT_EQ(heap.fire_due(10, 50), 50U);
        for (logged_timer& each : all) {
            EXPECT_EQ(heap.disarm(each), each.fired == 0);
        }
        EXPECT_EQ(heap.size(), 0U);
    }
}

TEST(timers_test, a_due_timer_that_its_owner_takes_has_fired) {
    timer_heap heap;
    logged_timer once;
    heap.arm(once, 10);
    EXPECT_FALSE(heap.take_due(once, 9));
    EXPECT_TRUE(heap.take_due(once, 10));
    EXPECT_FALSE(heap.take_due(once, 10));
    EXPECT_EQ(heap.next_ns(), no_deadline);
    logged_timer other;
    once.period_ns = 10;
    heap.arm(once, 10);
    heap.arm(other, 15);
    EXPECT_TRUE(heap.take_due(once, 12));
    EXPECT_FALSE(heap.take_due(once, 12));
    EXPECT_EQ(heap.next_ns(), 15);
    EXPECT_EQ(once.fired, 0);
    EXPECT_EQ(heap.fire_due(20), 2U);
}

/// Arms, disarms and fires at random, next to a model that keeps the same in the plainest way.
void run_random_history(std::uint32_t seed) {
    struct modelled : logged_timer {
        bool armed = false;
        int expected = 0;
    };
    std::mt19937 random(seed);
    timer_heap heap;
    std::vector<modelled> all(1 + random() % 60);
    std::int64_t now = 0;
    for (int step = 0; step < 400; ++step) {
        modelled& t = all[random() % all.size()];
        if (!t.armed && random() % 3 != 0) {
            t.armed = true;
            heap.arm(t, now + static_cast<std::int64_t>(random() % 40));
        } else if (random() % 2 == 0) {
            ASSERT_EQ(heap.disarm(t), t.armed);
            t.armed = false;
        } else {
            now += static_cast<std::int64_t>(random() % 10);
            std::size_t due = 0;
            for (modelled& each : all) {
                if (each.armed && each.when_ns <= now) {
                    each.armed = false;
                    ++each.expected;
                    ++due;
                }
            }
            ASSERT_EQ(heap.fire_due(now), due);
        }
        std::int64_t first = no_deadline;
        for (const modelled& each : all) {
            ASSERT_EQ(each.fired, each.expected);
            first = each.armed ? std::min(first, each.when_ns) : first;
        }
        ASSERT_EQ(heap.next_ns(), first);
    }
}

TEST(timers_test, agrees_with_a_model_over_random_histories) {
    for (std::uint32_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE(seed);
        run_random_history(seed);
    }
}

TEST(timers_test, a_timer_either_fires_or_is_disarmed_when_both_are_tried_at_once) {
    timer_heap heap;
    const int rounds = fiber::sanitized ? 5'000 : 50'000;
    std::vector<logged_timer> all(static_cast<std::size_t>(rounds));
    std::atomic<int> armed{0};
    std::thread firing([&] {
        std::size_t fired = 0;
        while (armed.load() < rounds) {
            fired += heap.fire_due(1);
        }
        heap.fire_due(1);
    });
    for (logged_timer& each : all) {
        heap.arm(each, 1);
        const bool stopped = heap.disarm(each);
        // When disarm has returned the action does not run any more: no race, whatever it says.
        ASSERT_EQ(each.fired, stopped ? 0 : 1);
        armed.fetch_add(1);
    }
    firing.join();
}

}  // namespace
}  // namespace weft::sched
