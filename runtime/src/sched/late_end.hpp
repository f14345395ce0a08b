// What the end of `run` waits for, when it waits for long.
#pragma once

#include <cstdint>

namespace weft::sched {

class scheduler;

/// The monitor's: looks at each of its rounds. 5 s after the run has been stopped, and each minute
/// from then on, it writes a line to standard error for each goroutine that still runs, since
/// nothing else tells the user why the program does not end.
class late_end {
public:
    void look(scheduler& s) noexcept;

private:
    std::int64_t stopped_ns_ = 0;  // when that was first seen; 0: not yet
    std::int64_t due_ns_ = 0;
};

}  // namespace weft::sched
