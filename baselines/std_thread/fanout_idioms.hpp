// Requests of threads: a mutex and condition variables where others select.
#pragma once

#include "adapter.hpp"
#include "suites/fanout/signalled_requests.hpp"

namespace suite {

template <>
struct idiom<contender::std_thread, fanout::request_workload> {
    using body = fanout::request_of<
        fanout::signalled_requests<contender::std_thread, std::mutex, std::condition_variable>>;
    static constexpr std::string_view source = "suites/fanout/signalled_requests.hpp";
};

}  // namespace suite
