#include "sched/late_end.hpp"

#include "platform/clock.hpp"
#include "platform/system.hpp"
#include "sched/inspection.hpp"
#include "sched/scheduler.hpp"

#include <new>
#include <string>

namespace weft::sched {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t first_report_ns = 5 * second_ns;
constexpr std::int64_t later_reports_ns = 60 * second_ns;
constexpr int named_max = 20;

/// weft: main returned 5 s ago, but run waits for goroutine 7 "reader" [syscall], started at
/// x.cpp:12, which is inside blocking()
std::string line_about(const goroutine_view& g, std::int64_t waited_s) {
    const bool blocks = g.reason == detail::wait_reason::blocking_call;
    std::string line = "weft: main returned " + std::to_string(waited_s) +
                       " s ago, but run waits for goroutine " + std::to_string(g.id);
    if (!g.name.empty()) {
        line += " \"" + g.name + "\"";
    }
    line += " [" + std::string(g.word()) + "], started at " + g.started_at.file_name() + ":" +
            std::to_string(g.started_at.line());
    line += blocks ? ", which is inside blocking()\n"
                   : ", which computes without yielding or waiting\n";
    return line;
}

std::string describe(scheduler& s, std::int64_t waited_s) {
    std::string lines;
    int running = 0;
    for_each_goroutine(s, [&](const goroutine_view& each) {
        if (each.state == detail::goroutine_state::running && ++running <= named_max) {
            lines += line_about(each, waited_s);
        }
    });
    if (running > named_max) {
        lines += "weft: and for " + std::to_string(running - named_max) + " more\n";
    }
    return lines;
}

}  // namespace

void late_end::look(scheduler& s) noexcept {
    if (!s.stopping()) {
        return;
    }
    const std::int64_t now = platform::now_ns();
    if (stopped_ns_ == 0) {
        stopped_ns_ = now;
        due_ns_ = now + first_report_ns;
    }
    if (now < due_ns_) {
        return;
    }
    due_ns_ = now + later_reports_ns;
    try {
        const std::string lines = describe(s, (now - stopped_ns_) / second_ns);
        platform::write_error(lines.data(), lines.size());
    } catch (const std::bad_alloc&) {  // next minute, perhaps
    }
}

}  // namespace weft::sched
