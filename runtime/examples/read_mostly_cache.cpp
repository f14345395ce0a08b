// Many may read at the same time, one may write alone: a shared_mutex around a table.
#include <atomic>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <weft/weft.hpp>

class phone_book {
public:
    std::optional<int> find(const std::string& name) const {
        const std::shared_lock hold(mutex_);
        const auto entry = numbers_.find(name);
        return entry == numbers_.end() ? std::nullopt : std::optional(entry->second);
    }
    void set(const std::string& name, int number) {
        const std::lock_guard hold(mutex_);
        numbers_[name] = number;
    }

private:
    mutable weft::shared_mutex mutex_;
    std::map<std::string, int> numbers_;  // guarded by mutex_
};

int main() {
    return weft::run([] {
        phone_book book;
        book.set("Ada", 100);
        std::atomic<int> found{0};
        weft::wait_group done;
        for (int reader = 0; reader < 100; ++reader) {
            done.go([&] { found += book.find("Ada").has_value() ? 1 : 0; });
            if (reader % 10 == 0) {
                done.go([&book, reader] { book.set("Ada", 101 + reader); });
            }
        }
        done.wait();
        std::printf("found %d times, Grace %s there\n", found.load(),
                    book.find("Grace") ? "is" : "is not");
    });
}

// Output:
// found 100 times, Grace is not there
