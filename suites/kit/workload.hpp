// What makes a workload: a class that names its capabilities and its body.
//
//     struct ping_pong_workload {
//         static constexpr std::array<std::string_view, 1> parameters{"capacity"};
//         static constexpr workload_info info{...};
//         static constexpr std::array needs{capability::tasks, capability::channels};
//         template <class C> using body = ping_pong<C>;
//     };
//
// A body is made in the pool from the settings; `std::uint64_t repeat(meter&)` does one repetition,
// checks it and returns its checksum. A contender whose users would write a workload otherwise
// specialises `idiom` with its own body.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "suites/kit/concepts.hpp"
#include "suites/kit/description.hpp"
#include "suites/kit/meter.hpp"

namespace suite {

template <class... W>
struct workload_list {};

/// A contender's own form of a workload: `using body` and `static constexpr std::string_view
/// source`, the file that is measured.
template <class C, class W>
struct idiom {};

template <class C, class W>
concept has_idiom = requires {
    typename idiom<C, W>::body;
};

/// The first capability that the shared body needs and the contender lacks, if any.
template <class C, class W>
constexpr std::optional<capability> missing_capability() {
    for (const capability need : W::needs) {
        if (!provides<C>(need)) {
            return need;
        }
    }
    return std::nullopt;
}

/// What the contender says about the first of the missing capabilities that it says something
/// about; empty when a form of its own could do without all of them.
template <class C, class W>
std::string_view reason_against() {
    for (const capability need : W::needs) {
        if (const auto reason = provides<C>(need) ? "" : C::lacks(need); !reason.empty()) {
            return reason;
        }
    }
    return {};
}

template <class C, class W>
inline constexpr bool expressible = has_idiom<C, W> || !missing_capability<C, W>();

namespace detail {
template <class C, class W>
struct shared_or_idiom {
    using body = typename W::template body<C>;
};
template <class C, class W>
requires has_idiom<C, W>
struct shared_or_idiom<C, W> {
    using body = typename idiom<C, W>::body;
};
}  // namespace detail

template <class C, class W>
using body_of = typename detail::shared_or_idiom<C, W>::body;

/// The entry of a workload in a profile, as `list` prints it.
template <class C, class W>
entry make_entry(const std::string& profile) {
    entry out{W::info, profile, "shared", std::string(W::info.source), {}};
    if constexpr (has_idiom<C, W>) {
        out.form = "idiomatic";
        out.source = idiom<C, W>::source;
    } else if constexpr (!expressible<C, W>) {
        out.how.refusal = reason_against<C, W>();
        if (out.how.refusal.empty()) {
            out.listed = false;
            out.how.refusal = "not implemented by this contender";
        }
        return out;
    }
    out.how = C::terms_of(W::info, profile);
    return out;
}

}  // namespace suite
