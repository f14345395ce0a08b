#include "adapter.hpp"

#include <algorithm>
#include <array>
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

std::string_view asio_coroutines::lacks(suite::capability what) {
    switch (what) {
        case suite::capability::mutexes:
            return "Asio has no mutex that a coroutine could wait for: what is shared is kept in a "
                   "strand, which runs one coroutine after the other and locks nothing";
        case suite::capability::shared_mutexes:
            return "Asio has no shared mutex: a strand lets nobody in beside another";
        case suite::capability::contexts:
            return "Asio has no tree of contexts: a cancellation signal reaches the one operation "
                   "that its slot is given to, and has neither children nor a deadline";
        case suite::capability::paddings:
            return "the library's padding is fixed in its headers";
        default:
            return {};  // a coroutine can do it, in a form of its own
    }
}

suite::terms asio_coroutines::terms_of(const suite::workload_info& workload,
                                       std::string_view profile) {
    constexpr std::array untuned{"fanout/", "pool/fib", "pool/unbalanced_tree", "sharing/migration",
                                 "time/"};
    if (profile == "tuned" && std::any_of(untuned.begin(), untuned.end(), [&](const char* begin) {
            return workload.id.starts_with(begin);
        })) {
        return {.refusal = "nothing of what is tuned is in it"};
    }
    if (workload.id == "sharing/true_sharing") {
        return {.limits = {{.parameter = "way",
                            .values = {"atomic", "channel", "merge"},
                            .reason = std::string(lacks(suite::capability::mutexes))}}};
    }
    return {};
}

std::map<std::string, std::string> asio_coroutines::effective(const suite::settings&) {
    return {{"workers", std::to_string(pool_of_run::workers())},
            {"guard", "none: a coroutine has no stack"}};
}

}  // namespace contender
