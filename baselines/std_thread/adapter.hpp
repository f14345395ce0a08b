// Threads of the standard library behind the suites' concepts: a thread for each task.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>

#include "blocking_channel.hpp"
#include "blocking_stream.hpp"
#include "detached_thread.hpp"
#include "suites/kit/concepts.hpp"
#include "suites/kit/counting_wait_group.hpp"
#include "suites/kit/description.hpp"

namespace contender {

class std_thread {
public:
    using wait_group = suite::counting_wait_group<std::mutex, std::condition_variable>;
    using mutex = std::mutex;
    using shared_mutex = std::shared_mutex;

    static suite::description describe();
    static suite::terms terms_of(const suite::workload_info& workload, std::string_view profile);
    static std::string_view lacks(suite::capability what);

    template <class Task>
    static void spawn(Task task) {
        start_detached(std::move(task));
    }

    template <class T>
    static blocking_channel<T> make_channel(std::size_t capacity) {
        return blocking_channel<T>(capacity);
    }

    static void yield() { std::this_thread::yield(); }
    static void sleep_for(std::chrono::nanoseconds time) { std::this_thread::sleep_for(time); }

    template <class Task>
    static void spawn_from_thread(Task task) {
        spawn(std::move(task));
    }

    static blocking_listener listen() { return {}; }
    static blocking_stream connect(const suite::server& peer) { return blocking_stream(peer); }

    /// The kernel is the scheduler, and its workers are the CPUs that it may use for this process.
    template <class Root>
    static void run(const suite::settings& run, Root root) {
        use_cpus(run.workers);
        std::thread(std::move(root)).join();
    }

    static std::map<std::string, std::string> effective(const suite::settings& run);

private:
    static void use_cpus(int cpus);
};

}  // namespace contender
