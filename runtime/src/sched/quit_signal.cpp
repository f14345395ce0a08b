#include "sched/quit_signal.hpp"

#include "platform/system.hpp"
#include "sched/inspection.hpp"
#include "sched/monitor.hpp"
#include "sched/report.hpp"
#include "sched/trace.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weft::sched {

namespace {

void on_quit(int) noexcept {
    const foreign_use use;
    if (use.get() != nullptr) {
        use.get()->ask_for_report();
    }
}

void write(std::string_view text) noexcept {
    platform::write_error(text.data(), text.size());
}

}  // namespace

after_quit quit_setting() {
    const char* variable = std::getenv("WEFT_SIGQUIT");
    const std::string_view value = variable == nullptr ? "" : variable;
    if (value == "continue") {
        return after_quit::go_on;
    }
    if (!value.empty() && value != "exit") {
        throw std::invalid_argument("weft: WEFT_SIGQUIT=" + std::string(value) +
                                    ": it must be exit or continue");
    }
    return after_quit::exit;
}

quit_handler::quit_handler() noexcept {
    ::sigaction(SIGQUIT, nullptr, &before_);
    if ((before_.sa_flags & SA_SIGINFO) == 0 && before_.sa_handler == SIG_DFL) {
        struct sigaction action {};
        action.sa_handler = &on_quit;
        action.sa_flags = SA_ONSTACK | SA_RESTART;
        sigemptyset(&action.sa_mask);
        installed_ = ::sigaction(SIGQUIT, &action, nullptr) == 0;
    }
}

quit_handler::~quit_handler() {
    struct sigaction now {};
    if (installed_ && ::sigaction(SIGQUIT, nullptr, &now) == 0 &&
        (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == &on_quit) {
        ::sigaction(SIGQUIT, &before_, nullptr);
    }
}

void answer_quit(scheduler& s, after_quit then) noexcept {
    write("SIGQUIT: quit\n\n");
    try {
        describe_all(s, nullptr, write);
    } catch (const std::exception& e) {
        write(std::string_view(e.what()));
        write("\n");
    }
    if (then == after_quit::exit) {
        // Who holds the lock may be what hangs.
        if (ftrylockfile(stdout) == 0) {
            std::fflush(stdout);
        }
        flush_trace_at_exit();
        platform::exit_now(fatal_status);
    }
}

}  // namespace weft::sched
