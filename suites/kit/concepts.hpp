// What a contender offers: the capabilities that workloads ask for.
//
// A contender is a class of static members, one per program. It always has
//
//     static description describe();                     // record.hpp
//     static terms terms_of(workload id, profile);       // what it refuses and where it deviates
//     static std::string_view lacks(capability);         // a sentence for each that it lacks, or
//         // nothing where a form of its own could do what the shared one cannot: then a workload
//         // that needs nothing else is not listed, as one that is not implemented, until there is
//         // such a form
//     template <class Root> static void run(const settings&, Root root);
//         // starts a pool of settings.workers, runs root once as a task in it, and returns when
//         // root has returned and the pool is gone
//     static std::map<std::string, std::string> effective(const settings&);
//         // called in the pool: at least "workers", as they really are
//
// and of the capabilities below those that its users would call its own. What would have to be
// emulated is lacking: a measurement of an emulation is one of the emulator.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "suites/kit/settings.hpp"

namespace suite {

enum class capability {
    tasks,
    channels,
    selects,
    yields,
    sleeps,
    timers,
    mutexes,
    shared_mutexes,
    contexts,
    foreign_spawns,
    byte_streams,
    listeners,
    paddings
};

/// `spawn(f)` starts a task; a `wait_group` counts tasks and lets a task wait for them. Its wait
/// returns once done was called as often as was added; then it may be destroyed.
template <class C>
concept has_tasks = requires(typename C::wait_group& group, void (*f)()) {
    C::spawn(f);
    group.add(std::int64_t{1});
    group.done();
    group.wait();
};

/// A copyable handle to a multi-producer, multi-consumer channel. recv is empty when the channel
/// is closed and drained; capacity is how many values really fit.
template <class Channel>
concept channel_handle = std::copyable<Channel> && requires(Channel channel, std::uint64_t value) {
    channel.send(value);
    { channel.recv() } -> std::same_as<std::optional<std::uint64_t>>;
    channel.close();
    { channel.capacity() } -> std::convertible_to<std::size_t>;
};

template <class C>
concept has_channels = requires(std::size_t capacity) {
    { C::template make_channel<std::uint64_t>(capacity) } -> channel_handle;
};

/// What a receiver over several channels got: the channel's index and its value, empty when that
/// channel is closed and drained.
template <class T>
using received = std::pair<std::size_t, std::optional<T>>;

/// Waits for the first of several channels; `try_recv_any` does not wait, `recv_any_for` not longer
/// than it is told, and both give an index past the last channel when nothing came.
template <class C>
concept has_selects = has_channels<C> &&
    requires(std::array<decltype(C::template make_channel<std::uint64_t>(0)), 2>& channels,
             std::chrono::nanoseconds patience) {
    { C::recv_any(channels) } -> std::same_as<received<std::uint64_t>>;
    { C::try_recv_any(channels) } -> std::same_as<received<std::uint64_t>>;
    { C::recv_any_for(channels, patience) } -> std::same_as<received<std::uint64_t>>;
};

/// Lets other tasks of the worker run.
template <class C>
concept has_yields = requires {
    C::yield();
};

/// Blocks the task and not its worker; never too short.
template <class C>
concept has_sleeps = requires(std::chrono::nanoseconds time) {
    C::sleep_for(time);
};

/// `start_timer(time, f)` calls f once after the time, unless `stop` comes first and returns true.
template <class C>
concept has_timers = requires(std::chrono::nanoseconds time, void (*f)()) {
    { C::start_timer(time, f).stop() } -> std::same_as<bool>;
};

/// Blocks the task and not its worker.
template <class C>
concept has_mutexes = requires(typename C::mutex& mutex) {
    mutex.lock();
    mutex.unlock();
};

template <class C>
concept has_shared_mutexes = requires(typename C::shared_mutex& mutex) {
    mutex.lock();
    mutex.unlock();
    mutex.lock_shared();
    mutex.unlock_shared();
};

/// A tree of cancellable contexts, copyable handles: `root_context` and `child_context` give
/// `{context, cancel}`, where calling `cancel` ends the context and all below it;
/// `child_context_until` ends by itself as well. `wait_done` blocks the task until the end.
template <class C>
concept has_contexts = requires(std::chrono::steady_clock::time_point deadline) {
    C::root_context().second();
    C::child_context(C::root_context().first).second();
    C::child_context_until(C::root_context().first, deadline).second();
    C::wait_done(C::root_context().first);
};

/// `spawn_from_thread(f)` starts a task of the running pool from a thread that is not the pool's.
template <class C>
concept has_foreign_spawns = requires(void (*f)()) {
    C::spawn_from_thread(f);
};

/// A connected TCP stream that blocks the task and not its worker; failures throw
/// std::system_error. read_some gives 0 at the peer's end.
template <class Stream>
concept byte_stream = requires(Stream stream, std::span<std::byte> into,
                               std::span<const std::byte> from) {
    { stream.read_some(into) } -> std::convertible_to<std::size_t>;
    { stream.write_some(from) } -> std::convertible_to<std::size_t>;
    stream.close();
};

template <class C>
concept has_byte_streams = requires(const server& peer) {
    { C::connect(peer) } -> byte_stream;
};

/// `listen()` accepts on some port of 127.0.0.1; `accept` blocks the task, and throws
/// std::system_error once another task has called `close`.
template <class C>
concept has_listeners = has_byte_streams<C> && requires {
    { C::listen().port() } -> std::convertible_to<std::uint16_t>;
    { C::listen().accept() } -> byte_stream;
    C::listen().close();
};

/// How far apart it keeps what its workers write, and other programs of it that keep it otherwise.
template <class C>
concept has_paddings = requires {
    { C::padding_bytes() } -> std::convertible_to<std::size_t>;
};

/// Counters of the contender's own, for the record: what a runtime did during the timed part.
template <class C>
concept has_counters = requires {
    { C::counters() } -> std::same_as<std::map<std::string, double>>;
};

template <class C>
constexpr bool provides(capability what) {
    switch (what) {
        case capability::tasks:
            return has_tasks<C>;
        case capability::channels:
            return has_channels<C>;
        case capability::selects:
            return has_selects<C>;
        case capability::yields:
            return has_yields<C>;
        case capability::sleeps:
            return has_sleeps<C>;
        case capability::timers:
            return has_timers<C>;
        case capability::mutexes:
            return has_mutexes<C>;
        case capability::shared_mutexes:
            return has_shared_mutexes<C>;
        case capability::contexts:
            return has_contexts<C>;
        case capability::foreign_spawns:
            return has_foreign_spawns<C>;
        case capability::byte_streams:
            return has_byte_streams<C>;
        case capability::listeners:
            return has_listeners<C>;
        case capability::paddings:
            return has_paddings<C>;
    }
    return false;
}

}  // namespace suite
