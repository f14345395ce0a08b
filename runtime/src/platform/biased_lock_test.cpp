#include <weft/detail/biased_lock.hpp>

#include "platform/fence.hpp"
#include "platform/thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <thread>

namespace weft::detail {
namespace {

/// More acquisitions in a row than it takes for the lock to become biased, after any number of
/// revocations.
constexpr int acquisitions_for_bias = 64 * 8 * 16;

/// The calling thread counts as a machine, as only machines are given bias.
class alignas(platform::cache_line) as_machine {
public:
    as_machine() {
        platform::prepare_fences();
        platform::set_thread_word(this);
    }
    ~as_machine() { platform::set_thread_word(nullptr); }
    as_machine(const as_machine&) = delete;
    as_machine& operator=(const as_machine&) = delete;
};

void use_until_biased(biased_lock& lock) {
    for (int i = 0; i < acquisitions_for_bias; ++i) {
        const std::lock_guard hold(lock);
    }
}

TEST(biased_lock_test, who_holds_it_cannot_take_it_again_biased_or_not) {
    const as_machine self;
    biased_lock lock;
    for (const bool biased : {false, true}) {
        if (biased) {
            use_until_biased(lock);
        }
        lock.lock();
        EXPECT_FALSE(lock.try_lock());
        lock.unlock();
        EXPECT_TRUE(lock.try_lock());
        EXPECT_FALSE(lock.try_lock());
        lock.unlock();
    }
}

TEST(biased_lock_test, others_cannot_take_it_while_its_owner_is_inside) {
    const as_machine self;
    biased_lock lock;
    use_until_biased(lock);
    lock.lock();
    bool taken = true;
    std::thread([&] { taken = lock.try_lock(); }).join();
    EXPECT_FALSE(taken);
    lock.unlock();
    std::thread([&] {
        taken = lock.try_lock();
        lock.unlock();
    }).join();
    EXPECT_TRUE(taken);
    const std::lock_guard hold(lock);
}

/// The owner comes and goes while others revoke, wait or only try.
void contend(biased_lock& lock, int rounds) {
    long plain = 0;
    std::atomic<long> expected{0};
    std::atomic<int> visits_of_others{0};
    std::atomic<bool> over{false};
    const auto visit = [&] {
        ++plain;
        expected.fetch_add(1, std::memory_order_relaxed);
        lock.unlock();
    };
    std::thread waits([&] {
        const as_machine self;
        while (!over) {
            lock.lock();
            visit();
            ++visits_of_others;
            std::this_thread::yield();
        }
    });
    std::thread tries([&] {
        while (!over) {
            if (lock.try_lock()) {
                visit();
                ++visits_of_others;
            }
            std::this_thread::yield();
        }
    });
    const as_machine self;
    for (int i = 0; i < rounds || visits_of_others < 20; ++i) {
        lock.lock();
        visit();
    }
    over = true;
    waits.join();
    tries.join();
    const std::lock_guard hold(lock);
    EXPECT_EQ(plain, expected);
}

TEST(biased_lock_test, one_at_a_time_is_inside) {
    // Bias is given a few times in a lock's life: many lives.
    for (int life = 0; life < 10; ++life) {
        biased_lock lock;
        contend(lock, 2 * acquisitions_for_bias);
    }
}

/// Has the calling thread sleep for a while, wherever it is, whenever it is told to.
class interruptible {
public:
    interruptible() {
        std::signal(SIGUSR1, [](int) { platform::sleep_thread(500'000); });
    }
    void interrupt() const { pthread_kill(thread_, SIGUSR1); }

private:
    const pthread_t thread_ = pthread_self();
};

/// A thread sleeps just where it has found that the lock is biased to it, and has not entered yet;
/// meanwhile another one is given the bias, and is inside when the first goes on.
TEST(biased_lock_test, a_former_owner_does_not_hide_the_present_one) {
    using std::chrono::microseconds;
    for (int life = 0; life < 500; ++life) {
        biased_lock lock;
        std::atomic<int> inside{0};
        std::atomic<bool> over{false};
        std::atomic<bool> met{false};
        std::atomic<const interruptible*> first{nullptr};
        const auto use = [&] {
            const as_machine self;
            const interruptible here;
            const interruptible* nobody = nullptr;
            first.compare_exchange_strong(nobody, &here);
            while (!over.load(std::memory_order_relaxed)) {
                const std::lock_guard hold(lock);
                if (inside.load(std::memory_order_relaxed) != 0) {
                    met = true;
                }
                inside.store(1, std::memory_order_relaxed);
                inside.store(0, std::memory_order_relaxed);
            }
        };
        std::thread one(use);
        std::this_thread::sleep_for(microseconds(100));
        while (first.load() == nullptr) {
            std::this_thread::yield();
        }
        first.load()->interrupt();
        std::thread other(use);
        std::this_thread::sleep_for(microseconds(1000));
        over = true;
        one.join();
        other.join();
        ASSERT_FALSE(met) << "life " << life;
    }
}

}  // namespace
}  // namespace weft::detail
