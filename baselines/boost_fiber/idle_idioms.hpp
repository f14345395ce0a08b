// Events for an idle pool: a thread outside cannot start a fiber, but it can send to one.
#pragma once

#include "adapter.hpp"
#include "suites/idle/wake.hpp"

namespace suite {

template <>
struct idiom<contender::boost_fiber, idle::wake_workload> {
    using body = idle::wake_of<idle::sent_events<contender::boost_fiber>>;
    static constexpr std::string_view source = "baselines/boost_fiber/idle_idioms.hpp";
};

}  // namespace suite
