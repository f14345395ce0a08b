// Events for an idle pool: a thread waits for them, since starting one for each would be slower.
#pragma once

#include "adapter.hpp"
#include "suites/idle/wake.hpp"

namespace suite {

template <>
struct idiom<contender::std_thread, idle::wake_workload> {
    using body = idle::wake_of<idle::sent_events<contender::std_thread>>;
    static constexpr std::string_view source = "baselines/std_thread/idle_idioms.hpp";
};

}  // namespace suite
