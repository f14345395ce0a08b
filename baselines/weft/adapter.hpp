// Weft behind the suites' concepts, through its public headers only.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <weft/weft.hpp>

#include "suites/kit/concepts.hpp"
#include "suites/kit/description.hpp"

namespace contender {

template <class T>
struct channel : weft::chan<T> {
    explicit channel(std::size_t capacity) : weft::chan<T>(weft::make_chan<T>(capacity)) {}
    std::size_t capacity() const { return this->cap(); }
};

class listener {
public:
    std::uint16_t port() const;
    weft::net::stream accept() { return listening_.accept(); }
    void close() { listening_.close(); }

private:
    weft::net::listener listening_ = weft::net::listener::listen("127.0.0.1:0");
};

class weft_runtime {
public:
    using wait_group = weft::wait_group;
    using mutex = weft::mutex;
    using shared_mutex = weft::shared_mutex;
    using cancellable = std::pair<weft::context, weft::cancel_func>;

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

    template <class T, std::size_t N>
    static suite::received<T> recv_any(std::array<channel<T>, N>& channels) {
        return select_over(channels);
    }
    template <class T, std::size_t N>
    static suite::received<T> try_recv_any(std::array<channel<T>, N>& channels) {
        return select_over(channels, weft::otherwise());
    }
    template <class T, std::size_t N>
    static suite::received<T> recv_any_for(std::array<channel<T>, N>& channels,
                                           std::chrono::nanoseconds patience) {
        return select_over(channels, weft::on_timeout(patience));
    }

    static void yield() { weft::yield(); }
    static void sleep_for(std::chrono::nanoseconds time) { weft::sleep(time); }
    template <class Function>
    static weft::timer start_timer(std::chrono::nanoseconds time, Function function) {
        return weft::after_func(time, std::move(function));
    }

    static cancellable root_context() { return child_context(weft::background()); }
    static cancellable child_context(const weft::context& parent) {
        auto [context, cancel] = weft::with_cancel(parent);
        return {std::move(context), std::move(cancel)};
    }
    static cancellable child_context_until(const weft::context& parent, weft::time_point deadline) {
        auto [context, cancel] = weft::with_deadline(parent, deadline);
        return {std::move(context), std::move(cancel)};
    }
    static void wait_done(const weft::context& context) { context.done().recv(); }

    template <class Task>
    static void spawn_from_thread(Task task) {
        weft::go(std::move(task));
    }

    static listener listen() { return {}; }
    static weft::net::stream connect(const suite::server& peer) {
        return weft::net::stream::dial(weft::background(),
                                       peer.host + ':' + std::to_string(peer.port));
    }

    static constexpr std::size_t padding_bytes() { return weft::platform::false_sharing_range; }

    /// The pool is weft::run's, and the root its main goroutine.
    template <class Root>
    static void run(const suite::settings& run, Root root) {
        choose_guard(run);
        weft::run(std::move(root), {.procs = run.workers,
                                    .stack_size = stack_bytes,
                                    .on_deadlock = weft::on_deadlock::throw_error});
    }

    static std::map<std::string, std::string> effective(const suite::settings& run);
    static std::map<std::string, double> counters();

private:
    static void choose_guard(const suite::settings& run);

    template <class T, std::size_t N, class... More>
    static suite::received<T> select_over(std::array<channel<T>, N>& channels, More... more) {
        std::optional<T> value;
        const auto take = [&](std::optional<T> got) { value = std::move(got); };
        const std::size_t index = [&]<std::size_t... I>(std::index_sequence<I...>) {
            return weft::select(weft::on_recv(channels[I], take)..., std::move(more)...);
        }
        (std::make_index_sequence<N>{});
        return {index, std::move(value)};
    }

    static constexpr std::size_t stack_bytes = 64 << 10;
};

}  // namespace contender
