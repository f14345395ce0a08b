// A suite's workloads as one contender does them, behind plain functions: every suite of a
// contender is a translation unit of its own, and what needs no template is compiled once.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "suites/kit/exit_status.hpp"
#include "suites/kit/record.hpp"
#include "suites/kit/workload.hpp"

namespace suite {

struct workload_set {
    /// The entries of all its workloads in a profile.
    std::vector<entry> (*entries)(const std::string& profile);
    /// Does the workload that `run` names; empty when it is not of this set.
    std::optional<record> (*run)(const settings& run, const description& who);
};

namespace detail {

template <class C>
meter make_meter() {
    if constexpr (has_counters<C>) {
        return meter(&C::counters);
    } else {
        return {};
    }
}

/// Does a workload warmup + repetitions times as one task of one pool.
template <class C, class Body>
record measure(const settings& run, description who, entry what) {
    record result{std::move(who), std::move(what), {}, 0, {}};
    std::exception_ptr failure;
    const auto root = [&] {
        std::optional<Body> body;  // outside the try: see leave_pool
        try {
            body.emplace(run);
            for (int round = 0; round < run.warmup + run.repetitions; ++round) {
                meter stopwatch = make_meter<C>();
                result.checksum = body->repeat(stopwatch);
                if (round >= run.warmup) {
                    result.repetitions.push_back(stopwatch.result());
                }
                for (const auto& [name, value] : stopwatch.effective()) {
                    result.effective[name] = value;
                }
            }
            result.effective.merge(C::effective(run));
        } catch (const wrong_result&) {
            failure = std::current_exception();
        } catch (const usage_error&) {
            failure = std::current_exception();
        } catch (...) {
            leave_pool(run.workload.c_str());
        }
    };
    C::run(run, root);
    if (failure) {
        std::rethrow_exception(failure);
    }
    return result;
}

template <class C, class W>
bool run_if_named(const settings& run, const description& who, std::optional<record>& result) {
    if (W::info.id != run.workload) {
        return false;
    }
    entry what = make_entry<C, W>(run.profile);
    require_possible(what, run);
    if constexpr (expressible<C, W>) {
        result = measure<C, body_of<C, W>>(run, who, std::move(what));
    }
    return true;
}

}  // namespace detail

/// The set of contender `C`; every idiom of these workloads must be visible where it is made.
template <class C, class... W>
workload_set make_workload_set(workload_list<W...>) {
    return {.entries =
                [](const std::string& profile) {
                    return std::vector<entry>{make_entry<C, W>(profile)...};
                },
            .run =
                [](const settings& run, const description& who) {
                    std::optional<record> result;
                    static_cast<void>((detail::run_if_named<C, W>(run, who, result) || ...));
                    return result;
                }};
}

}  // namespace suite
