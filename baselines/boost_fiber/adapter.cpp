#include "adapter.hpp"

namespace contender {
namespace {

std::atomic<int> workers_joined{0};

void join_as_worker(int workers) {
    // Before the barrier below: whoever passes it sees all of them counted.
    workers_joined.fetch_add(1, std::memory_order_seq_cst);
    if (workers == 1) {
        fibers::use_scheduling_algorithm<fibers::algo::round_robin>();
    } else {
        // Its constructor returns once as many threads have got here as the pool has workers.
        fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(
            static_cast<std::uint32_t>(workers));
    }
}

}  // namespace

boost_fiber::pool::pool(const suite::settings& run) {
    open_.add(1);
    for (int worker = 1; worker < run.workers; ++worker) {
        threads_.emplace_back([this, workers = run.workers] {
            join_as_worker(workers);
            open_.wait();
        });
    }
    join_as_worker(run.workers);
}

boost_fiber::pool::~pool() {
    open_.done();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

suite::description boost_fiber::describe() {
    const int version = BOOST_VERSION;
    return {.contender = "boost_fiber",
            .version = std::to_string(version / 100000) + '.' +
                       std::to_string(version / 100 % 1000) + '.' + std::to_string(version % 100),
            .profiles = {{"work_stealing", true, "W threads that steal fibers and spin while idle"},
                         {"round_robin", false, "one thread, fibers switched in turn"},
                         {"dispatch", false, "work stealing; a new fiber runs before its maker"}}};
}

std::string_view boost_fiber::lacks(suite::capability what) {
    switch (what) {
        case suite::capability::selects:
            return "Boost.Fiber has no select: a fiber waits on one channel at a time";
        case suite::capability::timers:
            return "Boost.Fiber has no timers that can be stopped: a fiber sleeps, or waits with a "
                   "timeout";
        case suite::capability::shared_mutexes:
            return "Boost.Fiber has no shared mutex";
        case suite::capability::contexts:
            return "Boost.Fiber has nothing that cancels a tree of fibers";
        case suite::capability::foreign_spawns:
            return "a fiber can be started by a worker only: a thread outside has no way in";
        case suite::capability::paddings:
            return "the library's padding is fixed in the system's package";
        default:
            return "Boost.Fiber has no network poller: a blocking read would stop its worker";
    }
}

suite::terms boost_fiber::terms_of(const suite::workload_info& workload, std::string_view profile) {
    suite::terms terms;
    if (profile == "round_robin") {
        terms.limits.push_back({.parameter = "workers",
                                .max = 1,
                                .reason = "round_robin is one thread; more are work_stealing's"});
    } else {
        terms.limits.push_back({.parameter = "workers",
                                .min = 2,
                                .reason = "work_stealing needs two threads; one is round_robin's"});
    }
    if (profile == "dispatch" && !workload.id.starts_with("spawn/")) {
        terms.refusal = "how a fiber is started matters where starting is measured: in spawn";
    }
    if (profile == "dispatch" && workload.id == "spawn/chain") {
        terms.refusal = "a fiber runs before its maker, so no link ends before the whole chain has";
    }
    const auto& names = workload.parameters;
    if (std::find(names.begin(), names.end(), "capacity") != names.end()) {
        for (const std::int64_t asked : {2, 4, 8, 10, 16, 32, 64, 128, 256, 512, 1024}) {
            const auto slots = channel<int>::slots_for(static_cast<std::size_t>(asked));
            terms.deviations.push_back(
                {"capacity", asked, static_cast<std::int64_t>(slots - 1),
                 "buffered_channel(" + std::to_string(slots) + ") holds one value less"});
        }
    }
    return terms;
}

std::map<std::string, std::string> boost_fiber::effective(const suite::settings&) {
    return {{"workers", std::to_string(workers_joined.load(std::memory_order_relaxed))},
            {"stack_bytes", std::to_string(stack_bytes)},
            {"guard", "none"}};
}

// A slip in the adapter is an error here, and not a cell that is "not expressible".
static_assert(suite::has_tasks<boost_fiber> && suite::has_channels<boost_fiber> &&
              suite::has_yields<boost_fiber> && suite::has_sleeps<boost_fiber> &&
              suite::has_mutexes<boost_fiber>);

}  // namespace contender
