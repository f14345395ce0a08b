// A server whose connections are served by a task each.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>

#include "suites/kit/concepts.hpp"

namespace suite::fanout {

/// `Service` is called with each connection's stream, from many tasks at once. The destructor waits
/// until every connection has ended, which is the clients' to do.
template <class C, class Service>
requires has_tasks<C> && has_listeners<C>
class task_server {
public:
    using service = Service;

    explicit task_server(Service service) : service_(std::move(service)) {
        accepting_.add(1);
        serving_.add(1);  // the server itself, so that the count passes zero once
        C::spawn([this] {
            accept_all();
            accepting_.done();
        });
    }
    task_server(const task_server&) = delete;
    task_server& operator=(const task_server&) = delete;
    ~task_server() {
        closing_.store(true, std::memory_order_relaxed);
        listening_.close();
        accepting_.wait();
        serving_.done();
        serving_.wait();
    }

    std::uint16_t port() const { return listening_.port(); }
    std::uint64_t accepted() const { return accepted_.load(std::memory_order_relaxed); }

    /// Throws what ended accepting before its time. Called when the clients complain.
    void rethrow_failure() const {
        if (failed_.load(std::memory_order_acquire)) {
            std::rethrow_exception(failure_);
        }
    }

private:
    void accept_all() {
        try {
            for (;;) {
                auto stream = listening_.accept();
                // Before its task, which may end the connection: the client then counts it at once.
                accepted_.fetch_add(1, std::memory_order_relaxed);
                start(std::move(stream));
            }
        } catch (const std::exception&) {
            if (!closing_.load(std::memory_order_relaxed)) {
                failure_ = std::current_exception();
                failed_.store(true, std::memory_order_release);  // pairs with rethrow_failure
                listening_.close();
            }
        }
    }

    template <byte_stream Stream>
    void start(Stream stream) {
        serving_.add(1);
        try {
            C::spawn([this, stream = std::move(stream)]() mutable {
                serve(stream);
                serving_.done();
            });
        } catch (...) {
            serving_.done();
            throw;
        }
    }

    template <byte_stream Stream>
    void serve(Stream& stream) {
        // A connection that breaks is the client's to report.
        try {
            service_(stream);
        } catch (const std::exception&) {
        }
        stream.close();
    }

    Service service_;
    decltype(C::listen()) listening_ = C::listen();
    typename C::wait_group accepting_;
    typename C::wait_group serving_;
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<bool> closing_{false};
    std::atomic<bool> failed_{false};
    std::exception_ptr failure_;  // written once, before failed_
};

/// Does what depends on the clients. Where that fails because the server stopped accepting, what it
/// throws is what stopped it.
template <class Server, class Function>
auto with_cause(const Server& server, Function function) {
    try {
        return function();
    } catch (const std::exception&) {
        server.rethrow_failure();
        throw;
    }
}

}  // namespace suite::fanout
