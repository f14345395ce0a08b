// Packets on their way from who holds a processor to the file.
//
// Problem. Tracing must not make machines wait for each other, and its memory must be bounded,
// while nothing may be missing in the middle of a trace.
//
// Rule. A ring of bytes for each processor. The holder of the processor appends whole packets and
// publishes them by moving the tail; whoever has the file's lock takes what stands between head and
// tail, writes it and moves the head. A holder that finds no room takes the file's lock and writes
// what is there itself.
//
// Why it is right. One writer moves the tail and one the head, each with release after it has left
// the bytes alone, and each looks at the other's with acquire before it touches them. The tail
// always stands between two packets, so that what one consumer takes is whole packets. Processors
// change hands under the scheduler's lock, which orders one holder's appends before the next one's.
#pragma once

#include <weft/detail/atomic.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace weft::sched {

class trace_ring {
public:
    static constexpr std::size_t capacity = 64 << 10;  // some thousand switches

    /// The producer. False when there is no room.
    bool push(std::string_view packet) noexcept {
        const std::uint64_t tail = tail_.load(platform::memory_order_relaxed);
        if (tail + packet.size() - head_seen_ > capacity) {
            head_seen_ = head_.load(platform::memory_order_acquire);
            if (tail + packet.size() - head_seen_ > capacity) {
                return false;
            }
        }
        const std::size_t at = tail % capacity;
        const std::size_t first = std::min(packet.size(), capacity - at);
        std::memcpy(bytes_.get() + at, packet.data(), first);
        std::memcpy(bytes_.get(), packet.data() + first, packet.size() - first);
        tail_.store(tail + packet.size(), platform::memory_order_release);
        return true;
    }

    /// The consumer: what was pushed and not consumed, the second part behind the first.
    std::array<std::string_view, 2> pushed() const noexcept {
        const std::uint64_t head = head_.load(platform::memory_order_relaxed);
        const std::size_t size = tail_.load(platform::memory_order_acquire) - head;
        const std::size_t at = head % capacity;
        const std::size_t first = std::min(size, capacity - at);
        return {std::string_view(bytes_.get() + at, first),
                std::string_view(bytes_.get(), size - first)};
    }
    /// The consumer: has taken so many of the bytes that were pushed.
    void consume(std::size_t size) noexcept {
        head_.store(head_.load(platform::memory_order_relaxed) + size,
                    platform::memory_order_release);
    }

private:
    std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(capacity);
    std::uint64_t head_seen_ = 0;  // the producer's, so that it seldom touches the consumer's line
    // The producer writes the tail, the consumer the head.
    alignas(platform::false_sharing_range) platform::atomic<std::uint64_t> tail_{0};
    alignas(platform::false_sharing_range) platform::atomic<std::uint64_t> head_{0};
};

}  // namespace weft::sched
