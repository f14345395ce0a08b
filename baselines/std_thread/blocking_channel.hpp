// A channel between threads from a mutex and condition variables.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

namespace contender {

/// A copyable handle. With capacity 0 a send returns once its value was received, otherwise once
/// it has a slot. Closing lets receivers drain what is there and then gives them nothing; a send
/// on a closed channel throws, and so does one that a close finds waiting.
template <class T>
class blocking_channel {
public:
    explicit blocking_channel(std::size_t capacity) : state_(std::make_shared<state>(capacity)) {}

    void send(T value) {
        std::unique_lock lock(state_->mutex);
        state_->not_full.wait(lock, [&] { return state_->closed || state_->has_room(); });
        state_->require_open();
        state_->values.push_back(std::move(value));
        const std::uint64_t mine = ++state_->sent;
        if (state_->capacity > 0) {
            lock.unlock();
            state_->not_empty.notify_one();
            return;
        }
        state_->not_empty.notify_one();
        state_->handed_over.wait(lock, [&] { return state_->closed || state_->received >= mine; });
        state_->withdraw_unless_received(mine);
    }

    std::optional<T> recv() {
        std::unique_lock lock(state_->mutex);
        state_->not_empty.wait(lock, [&] { return state_->closed || !state_->values.empty(); });
        if (state_->values.empty()) {
            return std::nullopt;
        }
        std::optional<T> value(std::move(state_->values.front()));
        state_->values.pop_front();
        ++state_->received;
        lock.unlock();
        state_->not_full.notify_one();
        if (state_->capacity == 0) {
            state_->handed_over.notify_all();
        }
        return value;
    }

    void close() {
        const std::scoped_lock lock(state_->mutex);
        state_->require_open();
        state_->closed = true;
        state_->not_full.notify_all();
        state_->not_empty.notify_all();
        state_->handed_over.notify_all();
    }

    std::size_t capacity() const { return state_->capacity; }

private:
    struct state {
        explicit state(std::size_t slots) : capacity(slots) {}

        // A rendezvous holds the one value that is being handed over.
        bool has_room() const { return values.size() < (capacity == 0 ? 1 : capacity); }

        void require_open() const {
            if (closed) {
                throw std::logic_error("send on, or close of, a closed channel");
            }
        }

        void withdraw_unless_received(std::uint64_t number) {
            if (received < number) {
                values.clear();
                require_open();
            }
        }

        const std::size_t capacity;
        std::mutex mutex;  // guards everything below
        std::condition_variable not_full;
        std::condition_variable not_empty;
        std::condition_variable handed_over;
        std::deque<T> values;
        std::uint64_t sent = 0;
        std::uint64_t received = 0;
        bool closed = false;
    };

    std::shared_ptr<state> state_;
};

}  // namespace contender
