#include "sched/inspection.hpp"

#include <weft/detail/chan_core.hpp>
#include <weft/diagnostics.hpp>
#include <weft/time.hpp>

#include <algorithm>
#include <exception>

namespace weft {

namespace {

// Between two looks: short at first, since most goroutines are about to end; then seldom enough to
// cost nothing.
constexpr std::chrono::microseconds first_pause{20};
constexpr std::chrono::microseconds longest_pause{20'000};

template <class Visit>
void for_each_now(Visit visit) {
    const sched::foreign_use use;
    if (use.get() != nullptr) {
        sched::for_each_goroutine(*use.get(), visit);
    }
}

bool holds(const std::vector<std::uint64_t>& sorted, std::uint64_t id) {
    return std::binary_search(sorted.begin(), sorted.end(), id);
}

}  // namespace

leak_check::leak_check() {
    for_each_now([this](const sched::goroutine_view& each) { before_.push_back(each.id); });
    std::sort(before_.begin(), before_.end());
    run_ = detail::run_epoch.load(platform::memory_order_relaxed);
}

std::vector<goroutine_info> leak_check::alive(const ids& besides) const {
    std::vector<goroutine_info> found;
    if (run_ != detail::run_epoch.load(platform::memory_order_relaxed)) {
        return found;  // made outside of this run, whose ids are others
    }
    const std::uint64_t self = this_goroutine::id();
    for_each_now([&](const sched::goroutine_view& each) {
        if (each.id != self && !holds(before_, each.id) && !holds(besides, each.id)) {
            found.push_back(sched::info_of(each));
        }
    });
    std::sort(found.begin(), found.end(),
              [](const goroutine_info& one, const goroutine_info& two) { return one.id < two.id; });
    return found;
}

std::vector<goroutine_info> leak_check::wait(std::chrono::steady_clock::duration grace,
                                             const ids& besides) const {
    const time_point until = now() + std::min(grace, time_point::max() - now());
    std::chrono::steady_clock::duration pause = first_pause;
    while (true) {
        std::vector<goroutine_info> found = alive(besides);
        const auto left = until - now();
        if (found.empty() || left <= time_point::duration::zero()) {
            return found;
        }
        sleep(std::min(pause, left));
        pause = std::min<std::chrono::steady_clock::duration>(2 * pause, longest_pause);
    }
}

std::vector<goroutine_info> leak_check::leaks(std::chrono::steady_clock::duration grace) {
    std::vector<goroutine_info> found = wait(grace, {});
    for (const goroutine_info& each : found) {
        given_.push_back(each.id);
    }
    std::sort(given_.begin(), given_.end());
    return found;
}

leak_check::~leak_check() {
    try {
        for (const goroutine_info& each : wait(std::chrono::seconds(1), given_)) {
            const std::string line = "leaked goroutine " + std::to_string(each.id) + " [" +
                                     each.state + "] started at " + each.started_at.file_name() +
                                     ":" + std::to_string(each.started_at.line()) + "\n";
            std::fputs(line.c_str(), stderr);
        }
    } catch (const std::exception& e) {
        std::fprintf(stderr, "weft: leak_check: %s\n", e.what());
    }
}

}  // namespace weft
