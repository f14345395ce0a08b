// Tasks: coroutines in a pool of threads, their channels and their wait groups.
#pragma once

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
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
inline void start(task<> work) {
    asio::co_spawn(pool_of_run::get_executor(), std::move(work),
                   [](const std::exception_ptr& error) {
                       if (error) {
                           std::terminate();
                       }
                   });
}

/// Runs a task from outside of the pool and waits for its result.
template <class T>
T run_to_end(task<T> work) {
    return asio::co_spawn(pool_of_run::get_executor(), std::move(work), asio::use_future).get();
}

/// A handle to a channel. A message is an error, which says that there is no more, or a number.
class channel {
public:
    using message = std::tuple<error_code, std::uint64_t>;

    explicit channel(std::size_t capacity)
        : shared_(std::make_shared<native>(pool_of_run::get_executor(), capacity)) {}

    /// Sends without waiting; only the tuned profile tries.
    bool send_at_once(std::uint64_t value) {
        return pool_of_run::is_tuned() && shared_->try_send(error_code{}, value);
    }

    /// To be awaited. It waits for a slot, or for a receiver where there are none.
    auto send(std::uint64_t value) { return shared_->async_send(error_code{}, value, as_result); }

    /// Receives without waiting; only the tuned profile tries.
    bool receive_at_once(message& into) {
        return pool_of_run::is_tuned() &&
               shared_->try_receive([&](error_code error, std::uint64_t value) {
                   into = {error, value};
               });
    }

    /// To be awaited.
    auto receive() { return shared_->async_receive(as_result); }

    /// To be awaited, once for each receiver, when all is sent. Closing instead would lose what is
    /// still in the channel (Boost 1.81).
    auto send_end() { return shared_->async_send(asio::error::eof, 0, as_result); }

    /// Wakes all receivers of an empty channel.
    void close() { shared_->close(); }

    std::size_t capacity() const { return shared_->capacity(); }

private:
    using native =
        asio::experimental::concurrent_channel<executor, void(error_code, std::uint64_t)>;
    std::shared_ptr<native> shared_;
};

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

private:
    std::atomic<std::size_t> pending_{0};
    asio::experimental::concurrent_channel<executor, void(error_code)> all_done_;
};

}  // namespace contender
