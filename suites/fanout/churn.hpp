// fanout/churn: a server of the contender's accepts connections and ends them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "suites/fanout/echo.hpp"
#include "suites/kit/descriptor_limit.hpp"

namespace suite::fanout {

template <class Server>
class churn_of {
public:
    explicit churn_of(const settings& run)
        : total_(static_cast<std::uint64_t>(run.operations)),
          at_once_(run.number("connections", 1)),
          order_("churn " + std::to_string(total_) + ' ' + std::to_string(at_once_)),
          server_(run, 0) {
        require_descriptors(at_once_ + descriptors_besides);
    }

    std::uint64_t repeat(meter& stopwatch) {
        const load_report report = server_.run(stopwatch, order_);
        ended_ += report.count;
        require_equal(report.count, total_, "connections that were ended");
        require_equal(server_.accepted(), ended_, "connections that were accepted");
        require_equal(report.sum, sum_of_numbers(total_, 1), "sum of their numbers");
        return report.sum;
    }

private:
    std::uint64_t total_;
    std::int64_t at_once_;
    std::string order_;
    std::uint64_t ended_ = 0;  // in all repetitions
    Server server_;
};

/// The task that the server has for a connection closes it when this returns.
struct churn_service {
    template <byte_stream Stream>
    void operator()(Stream&) const {}
};

template <class C>
using churn = churn_of<loaded_server<C, task_server<C, churn_service>>>;

struct churn_workload {
    static constexpr std::array<std::string_view, 1> parameters{"connections"};
    static constexpr workload_info info{.id = "fanout/churn",
                                        .version = 1,
                                        .source = "suites/fanout/churn.hpp",
                                        .parameters = parameters,
                                        .needs_server = true};
    static constexpr std::array needs{capability::listeners, capability::tasks};
    template <class C>
    using body = churn<C>;
};

}  // namespace suite::fanout
