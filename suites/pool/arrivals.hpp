// When the jobs of an open loop arrive: at times that are known before, whatever becomes of them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "suites/kit/latencies.hpp"

namespace suite::pool {

/// A Poisson process, the same in every contender and repetition. `late` has how late each job was
/// released: the generator's own lateness, which is part of what a job waits.
class arrivals {
public:
    using clock = std::chrono::steady_clock;

    arrivals(std::size_t jobs, double mean_gap_ns);

    std::size_t size() const { return after_.size(); }

    /// To be called once before each run through the jobs.
    void begin();

    /// Returns when the job is due; `sleep(time)` sleeps. For the generator, job by job.
    template <class Sleep>
    void await(std::size_t job, Sleep sleep) {
        auto since = since_due(job);
        for (; since < std::chrono::nanoseconds::zero(); since = since_due(job)) {
            sleep(-since);
        }
        late_.add(since.count());
    }

    /// The time since the job was due.
    std::chrono::nanoseconds since_due(std::size_t job) const {
        return clock::now() - (begin_ + after_[job]);
    }

    latencies& late() { return late_; }

private:
    std::vector<std::chrono::nanoseconds> after_;
    clock::time_point begin_;
    latencies late_;
};

}  // namespace suite::pool
