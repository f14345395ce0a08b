// Weft behind the suites' concepts, through its public headers only.
#pragma once

#include <map>
#include <string>
#include <weft/weft.hpp>

#include "suites/kit/concepts.hpp"
#include "suites/kit/description.hpp"

namespace contender {

template <class T>
struct channel : weft::chan<T> {
    explicit channel(std::size_t capacity) : weft::chan<T>(weft::make_chan<T>(capacity)) {}
    std::size_t capacity() const { return this->cap(); }
};

class weft_runtime {
public:
    using wait_group = weft::wait_group;

    static suite::description describe();
    static suite::terms terms_of(const suite::workload_info& workload, std::string_view profile);
    static std::string_view lacks(suite::capability what);

    template <class Task>
    static void spawn(Task task) {
        weft::go(std::move(task));
    }

    template <class T>
    static channel<T> make_channel(std::size_t capacity) {
        return channel<T>(capacity);
    }

    static weft::net::stream connect(const suite::server& peer) {
        return weft::net::stream::dial(weft::background(),
                                       peer.host + ':' + std::to_string(peer.port));
    }

    /// The pool is weft::run's, and the root its main goroutine.
    template <class Root>
    static void run(const suite::settings& run, Root root) {
        weft::run(std::move(root), {.procs = run.workers,
                                    .stack_size = stack_bytes,
                                    .on_deadlock = weft::on_deadlock::throw_error});
    }

    static std::map<std::string, std::string> effective(const suite::settings& run);

private:
    static constexpr std::size_t stack_bytes = 64 << 10;
};

}  // namespace contender
