// spawn/chain: each task starts the next one and ends.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"

namespace suite::spawn {

/// `Form` starts the links: `begin()` before the first, `start(task)`, `end()` in the last one, and
/// `wait()`, which returns once that was called and all have ended.
template <class Form>
class chain_of {
public:
    explicit chain_of(const settings& run) : marks_(static_cast<std::size_t>(run.operations)) {}

    std::uint64_t repeat(meter& stopwatch) {
        for (mark& each : marks_) {
            each.store(0, std::memory_order_relaxed);
        }
        stopwatch.start();
        form_.begin();
        form_.start(link{this, 0});
        form_.wait();
        stopwatch.stop();
        for (const mark& each : marks_) {
            require_equal(each.load(std::memory_order_relaxed), std::uint32_t{1},
                          "runs of one link of the chain");
        }
        return marks_.size();
    }

private:
    using mark = std::atomic<std::uint32_t>;

    struct link {
        chain_of* chain;
        std::size_t number;

        void operator()() const {
            // Not fetch_add: a link runs alone, and a locked instruction would be no small part.
            mark& own = chain->marks_[number];
            own.store(own.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            if (number + 1 < chain->marks_.size()) {
                chain->form_.start(link{chain, number + 1});
            } else {
                chain->form_.end();
            }
        }
    };

    std::vector<mark> marks_;
    Form form_;
};

template <has_tasks C>
class counted_chain {
public:
    void begin() { ended_.add(1); }
    template <class Task>
    void start(Task task) {
        C::spawn(task);
    }
    void end() { ended_.done(); }
    void wait() { ended_.wait(); }

private:
    typename C::wait_group ended_;
};

struct chain_workload {
    static constexpr std::array<std::string_view, 0> parameters{};
    static constexpr workload_info info{.id = "spawn/chain",
                                        .version = 1,
                                        .source = "suites/spawn/chain.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks};
    template <class C>
    using body = chain_of<counted_chain<C>>;
};

}  // namespace suite::spawn
