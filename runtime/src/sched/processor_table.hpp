// All processors that a run has ever had.
#pragma once

#include "sched/processor.hpp"

#include <cstddef>
#include <iterator>
#include <memory>

namespace weft::sched {

/// Grows at its end and never shrinks: a processor that is out of use still has timers and
/// counters. One thread adds at a time; any thread reads meanwhile, and sees what was there when it
/// looked at the size, or more.
class processor_table {
public:
    /// Throws std::bad_alloc.
    explicit processor_table(std::size_t capacity)
        : slots_(std::make_unique<std::unique_ptr<processor>[]>(capacity)), capacity_(capacity) {}

    std::size_t capacity() const noexcept { return capacity_; }
    std::size_t size() const noexcept { return size_.load(platform::memory_order_acquire); }
    processor& operator[](std::size_t index) const noexcept { return *slots_[index]; }
    processor& front() const noexcept { return *slots_[0]; }

    /// Throws std::bad_alloc. There must be room.
    processor& add(trace_track* track) {
        const std::size_t index = size_.load(platform::memory_order_relaxed);
        slots_[index] = std::make_unique<processor>();
        slots_[index]->index = static_cast<std::uint32_t>(index);
        slots_[index]->track = track;
        size_.store(index + 1, platform::memory_order_release);  // complete before it is seen
        return *slots_[index];
    }

    class iterator {
    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = processor;
        using difference_type = std::ptrdiff_t;
        using pointer = processor*;
        using reference = processor&;

        explicit iterator(const std::unique_ptr<processor>* at = nullptr) noexcept : at_(at) {}
        processor& operator*() const noexcept { return **at_; }
        processor* operator->() const noexcept { return at_->get(); }
        iterator& operator++() noexcept {
            ++at_;
            return *this;
        }
        iterator operator++(int) noexcept { return iterator(at_++); }
        bool operator==(const iterator&) const noexcept = default;

    private:
        const std::unique_ptr<processor>* at_;
    };
    iterator begin() const noexcept { return iterator(slots_.get()); }
    iterator end() const noexcept { return iterator(slots_.get() + size()); }

private:
    std::unique_ptr<std::unique_ptr<processor>[]> slots_;
    std::size_t capacity_;
    platform::atomic<std::size_t> size_{0};
};

}  // namespace weft::sched
