// State that many change in place, behind a mutex. A lock_guard unlocks on every way out.
#include <cstdio>
#include <mutex>
#include <weft/weft.hpp>

class counter {
public:
    void count() {
        const std::lock_guard hold(mutex_);
        ++value_;
    }
    int value() const {
        const std::lock_guard hold(mutex_);
        return value_;
    }

private:
    mutable weft::mutex mutex_;
    int value_ = 0;  // guarded by mutex_
};

int main() {
    return weft::run([] {
        counter visits;
        weft::wait_group done;
        for (int visitor = 0; visitor < 1000; ++visitor) {
            done.go([&visits] { visits.count(); });
        }
        done.wait();
        std::printf("%d\n", visits.value());
    });
}

// Output:
// 1000
