// Tasks: coroutines in a pool of threads, their channels and their wait groups.
#pragma once

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "suites/kit/settings.hpp"

namespace contender {

namespace asio = boost::asio;
using boost::system::error_code;

/// Not any_io_executor, which would put a virtual call into every resumption.
using executor = asio::thread_pool::executor_type;

template <class T = void>
using task = asio::awaitable<T, executor>;

/// What runs in a strand runs one after the other, wherever: the library's way to have coroutines
/// share what is not thread-safe, as timers and cancellation are not.
using strand = asio::strand<executor>;
template <class T = void>
using strand_task = asio::awaitable<T, strand>;

using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, executor>;

/// The token of every operation: an error is a result, and no frame is made for the operation.
inline constexpr auto as_result = asio::as_tuple(asio::deferred);

/// The pool of the run, while there is one.
class pool_of_run {
public:
    explicit pool_of_run(const suite::settings& run);
    ~pool_of_run();
    pool_of_run(const pool_of_run&) = delete;
    pool_of_run& operator=(const pool_of_run&) = delete;

    static executor get_executor() { return pool_->get_executor(); }
    static int workers();

    /// Whether the profile is the tuned one.
    static bool is_tuned() { return is_tuned_; }

private:
    static inline std::optional<asio::thread_pool> pool_;
    static inline bool is_tuned_ = false;
};

/// The first thing that a task awaits: co_spawn runs a coroutine at once, on the stack and in the
/// place of who starts it, until it waits. This puts it into the pool's queue.
inline auto queued() {
    return asio::post(asio::deferred);
}

/// Starts a task that lets no exception out.
template <class Executor>
void start_in(const Executor& where, asio::awaitable<void, Executor> work) {
    asio::co_spawn(where, std::move(work), [](const std::exception_ptr& error) {
        if (error) {
            std::terminate();
        }
    });
}
inline void start(task<> work) {
    start_in(pool_of_run::get_executor(), std::move(work));
}

/// Runs a task from outside of the pool and waits for its result.
template <class T, class Executor>
T run_to_end_in(const Executor& where, asio::awaitable<T, Executor> work) {
    return asio::co_spawn(where, std::move(work), asio::use_future).get();
}
template <class T>
T run_to_end(task<T> work) {
    return run_to_end_in(pool_of_run::get_executor(), std::move(work));
}

inline task<> sleep_until(std::chrono::steady_clock::time_point due) {
    timer alarm(pool_of_run::get_executor(), due);
    co_await alarm.async_wait(as_result);
}
inline task<> sleep_for(std::chrono::nanoseconds time) {
    return sleep_until(std::chrono::steady_clock::now() + time);
}

/// A handle to a channel. A message is an error, which says that there is no more, or a value.
template <class Value>
class channel_of {
public:
    using message = std::tuple<error_code, Value>;

    /// The same kind of channel for other values.
    template <class Other>
    using carrying = channel_of<Other>;

    explicit channel_of(std::size_t capacity)
        : shared_(std::make_shared<native>(pool_of_run::get_executor(), capacity)) {}

    /// Sends without waiting.
    bool try_send(const Value& value) { return shared_->try_send(error_code{}, value); }

    /// Sends without waiting; only the tuned profile tries.
    bool send_at_once(const Value& value) { return pool_of_run::is_tuned() && try_send(value); }

    /// To be awaited. It waits for a slot, or for a receiver where there are none.
    auto send(const Value& value) { return shared_->async_send(error_code{}, value, as_result); }

    /// Receives without waiting.
    bool try_receive(message& into) {
        return shared_->try_receive([&](error_code error, const Value& value) {
            into = {error, value};
        });
    }

    /// Receives without waiting; only the tuned profile tries.
    bool receive_at_once(message& into) { return pool_of_run::is_tuned() && try_receive(into); }

    /// To be awaited.
    auto receive() { return shared_->async_receive(as_result); }

    /// To be awaited, once for each receiver, when all is sent. Closing instead would lose what is
    /// still in the channel (Boost 1.81).
    auto send_end() { return shared_->async_send(asio::error::eof, Value{}, as_result); }

    /// Wakes all receivers of an empty channel.
    void close() { shared_->close(); }

    std::size_t capacity() const { return shared_->capacity(); }

private:
    using native = asio::experimental::concurrent_channel<executor, void(error_code, Value)>;
    std::shared_ptr<native> shared_;
};

using channel = channel_of<std::uint64_t>;

/// Calls `function` with each value until the end.
template <class Channel, class Function>
task<> take_all(Channel in, Function function) {
    for (;;) {
        typename Channel::message got;
        if (!in.receive_at_once(got)) {
            got = co_await in.receive();
        }
        if (std::get<0>(got)) {
            break;
        }
        function(std::get<1>(got));
    }
}

/// Counts tasks; one task at a time waits for them.
class wait_group {
public:
    wait_group() : all_done_(pool_of_run::get_executor(), 1) {}

    /// To be called before the tasks that it counts are started.
    void add(std::size_t tasks) { pending_.fetch_add(tasks, std::memory_order_relaxed); }

    /// Synchronizes with the end of the wait.
    void done() {
        if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            all_done_.try_send(error_code{});
        }
    }

    /// To be awaited, once for each time that the count has risen from zero.
    auto wait() { return all_done_.async_receive(as_result); }

    /// The same from outside of the pool.
    void wait_outside() { all_done_.async_receive(asio::use_future).get(); }

private:
    std::atomic<std::size_t> pending_{0};
    asio::experimental::concurrent_channel<executor, void(error_code)> all_done_;
};

}  // namespace contender
