// Boost.Fiber behind the suites' concepts.
#pragma once

#include <bit>
#include <boost/fiber/all.hpp>
#include <boost/version.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <variant>
#include <vector>

#include "stack_pool.hpp"
#include "suites/kit/concepts.hpp"
#include "suites/kit/counting_wait_group.hpp"
#include "suites/kit/description.hpp"

namespace contender {

namespace fibers = boost::fibers;

/// Capacity 0 is an unbuffered_channel, any other a buffered_channel, which wants a power of two
/// and holds one value less.
template <class T>
class channel {
public:
    explicit channel(std::size_t capacity) {
        if (capacity == 0) {
            unbuffered_ = std::make_shared<fibers::unbuffered_channel<T>>();
        } else {
            const std::size_t slots = slots_for(capacity);
            buffered_ = std::make_shared<fibers::buffered_channel<T>>(slots);
            capacity_ = slots - 1;
        }
    }

    static std::size_t slots_for(std::size_t capacity) {
        return std::bit_ceil(capacity < 2 ? std::size_t{2} : capacity);
    }

    void send(T value) {
        const auto status =
            buffered_ ? buffered_->push(std::move(value)) : unbuffered_->push(std::move(value));
        if (status != fibers::channel_op_status::success) {
            throw std::logic_error("send on a closed channel");
        }
    }

    std::optional<T> recv() {
        T value{};
        const auto status = buffered_ ? buffered_->pop(value) : unbuffered_->pop(value);
        return status == fibers::channel_op_status::success ? std::optional<T>(std::move(value))
                                                            : std::nullopt;
    }

    void close() { buffered_ ? buffered_->close() : unbuffered_->close(); }
    std::size_t capacity() const { return capacity_; }

private:
    std::shared_ptr<fibers::unbuffered_channel<T>> unbuffered_;
    std::shared_ptr<fibers::buffered_channel<T>> buffered_;
    std::size_t capacity_ = 0;
};

class boost_fiber {
public:
    using wait_group = suite::counting_wait_group<fibers::mutex, fibers::condition_variable_any>;
    using mutex = fibers::mutex;

    static suite::description describe();
    static suite::terms terms_of(const suite::workload_info& workload, std::string_view profile);
    static std::string_view lacks(suite::capability what);

    template <class Task>
    static void spawn(Task task) {
        if (dispatch_) {
            fibers::fiber(fibers::launch::dispatch, std::allocator_arg, pooled_stack(),
                          std::move(task))
                .detach();
        } else {
            fibers::fiber(fibers::launch::post, std::allocator_arg, pooled_stack(), std::move(task))
                .detach();
        }
    }

    template <class T>
    static channel<T> make_channel(std::size_t capacity) {
        return channel<T>(capacity);
    }

    static void yield() { boost::this_fiber::yield(); }
    static void sleep_for(std::chrono::nanoseconds time) { boost::this_fiber::sleep_for(time); }

    template <class Root>
    static void run(const suite::settings& run, Root root) {
        dispatch_ = run.profile == "dispatch";
        pool workers(run);
        wait_group ended;
        ended.add(1);
        fibers::fiber(fibers::launch::post, std::allocator_arg, pooled_stack(), [&] {
            root();
            ended.done();
        }).detach();
        ended.wait();
    }

    static std::map<std::string, std::string> effective(const suite::settings& run);

private:
    /// The other threads of the pool; the one that makes it is its first worker.
    class pool {
    public:
        explicit pool(const suite::settings& run);
        ~pool();

    private:
        wait_group open_;
        std::vector<std::thread> threads_;
    };

    static inline bool dispatch_ = false;
};

}  // namespace contender
