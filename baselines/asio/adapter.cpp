#include "adapter.hpp"

#include <boost/version.hpp>

namespace contender {

pool_of_run::pool_of_run(const suite::settings& run) {
    pool_.emplace(static_cast<std::size_t>(run.workers));
    is_tuned_ = run.profile == "tuned";
}

pool_of_run::~pool_of_run() {
    pool_->join();
    pool_.reset();
}

int pool_of_run::workers() {
    return static_cast<int>(asio::query(get_executor(), asio::execution::occupancy));
}

suite::description asio_coroutines::describe() {
    const auto part = [](int number) { return std::to_string(number); };
    return {.contender = "asio",
            .version = part(BOOST_VERSION / 100'000) + '.' + part(BOOST_VERSION / 100 % 1000) +
                       '.' + part(BOOST_VERSION % 100),
            .profiles = {{"thread_pool", true, "coroutines in a thread_pool of W threads"},
                         {"tuned", false,
                          "functions posted where nothing waits; a channel is tried before it is "
                          "awaited"}}};
}

std::string_view asio_coroutines::lacks(suite::capability) {
    return {};  // a coroutine can do it all, in a form of its own
}

suite::terms asio_coroutines::terms_of(const suite::workload_info& workload,
                                       std::string_view profile) {
    if (profile == "tuned" && workload.id.starts_with("fanout/")) {
        return {.refusal = "nothing of what is tuned is in it"};
    }
    using suite::only_implemented;
    if (workload.id == "channel/ping_pong") {
        return {.limits = {only_implemented("timed", "all")}};
    }
    if (workload.id == "channel/throughput") {
        return {
            .limits = {only_implemented("message_bytes", "8"), only_implemented("work_ns", "0")}};
    }
    if (workload.id == "spawn/parked") {
        return {.limits = {only_implemented("wait", "channel"),
                           only_implemented("stack_touched_bytes", "0")}};
    }
    return {};
}

std::map<std::string, std::string> asio_coroutines::effective(const suite::settings&) {
    return {{"workers", std::to_string(pool_of_run::workers())},
            {"guard", "none: a coroutine has no stack"}};
}

}  // namespace contender
