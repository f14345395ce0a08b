// What a contender offers: the capabilities that workloads ask for.
//
// A contender is a class of static members, one per program. It always has
//
//     static description describe();                     // record.hpp
//     static terms terms_of(workload id, profile);       // what it refuses and where it deviates
//     static std::string_view lacks(capability);         // a sentence for each that it lacks
//     template <class Root> static void run(const settings&, Root root);
//         // starts a pool of settings.workers, runs root once as a task in it, and returns when
//         // root has returned and the pool is gone
//     static std::map<std::string, std::string> effective(const settings&);
//         // called in the pool: at least "workers", as they really are
//
// and of the capabilities below those that its users would call its own. What would have to be
// emulated is lacking: a measurement of an emulation is one of the emulator.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "suites/kit/settings.hpp"

namespace suite {

enum class capability { tasks, channels, byte_streams };

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

template <class C>
constexpr bool provides(capability what) {
    switch (what) {
        case capability::tasks:
            return has_tasks<C>;
        case capability::channels:
            return has_channels<C>;
        case capability::byte_streams:
            return has_byte_streams<C>;
    }
    return false;
}

}  // namespace suite
