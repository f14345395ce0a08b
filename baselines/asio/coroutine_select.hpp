// channel/select with parallel groups.
#pragma once

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/experimental/channel_error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "suites/channel/select.hpp"
#include "tasks.hpp"

namespace contender {

using received = suite::received<std::uint64_t>;

/// A group of a receive on each channel.
inline auto receive_from_each(std::vector<channel>& channels, const strand& where) {
    const auto receive = [&where](channel& from) {
        return asio::bind_executor(where, from.receive());
    };
    std::vector<decltype(receive(channels.front()))> operations;
    operations.reserve(channels.size());
    for (channel& each : channels) {
        operations.push_back(receive(each));
    }
    return asio::experimental::make_parallel_group(std::move(operations));
}

/// What a coroutine receives from, whichever has something first: it starts to receive from all and
/// cancels the rest once one has received. The cancelling may come too late, so that several
/// channels have given a message by then; those are kept for the next calls. Everything happens
/// in a strand, since the operations of a group must not end while others of it are being started
/// or cancelled.
class channel_group {
public:
    explicit channel_group(std::vector<channel> channels)
        : channels_(std::move(channels)), here_(asio::make_strand(pool_of_run::get_executor())) {}

    const strand& where() const { return here_; }
    channel& operator[](std::size_t index) { return channels_[index]; }
    std::size_t size() const { return channels_.size(); }

    strand_task<received> receive_any() {
        if (!pool_of_run::is_tuned() || !find()) {
            while (kept_.empty()) {
                const auto [order, messages] = co_await receive_from_each(channels_, here_)
                                                   .async_wait(first_of_all, asio::deferred);
                keep(order, messages);
            }
        }
        co_return take_kept();
    }

    /// The same, but not longer than for that time: then what it gives is of no channel.
    strand_task<received> receive_any_for(std::chrono::nanoseconds patience) {
        if (!pool_of_run::is_tuned() || !find()) {
            while (kept_.empty()) {
                timer late(pool_of_run::get_executor(), patience);
                const auto [which, order, messages, error] =
                    co_await asio::experimental::make_parallel_group(
                        receive_from_each(channels_, here_)
                            .async_wait(first_of_all, asio::deferred),
                        asio::bind_executor(here_, late.async_wait(asio::deferred)))
                        .async_wait(first_of_all, asio::deferred);
                keep(order, messages);
                if (!error && kept_.empty()) {
                    co_return received{size(), std::nullopt};
                }
            }
        }
        co_return take_kept();
    }

    /// Does not wait.
    received try_receive_any() { return find() ? take_kept() : received{size(), std::nullopt}; }

private:
    static constexpr asio::experimental::wait_for_one first_of_all{};

    /// Whether there is something to take; tries another channel first each time.
    bool find() {
        for (std::size_t step = 0; kept_.empty() && step < size(); ++step) {
            const std::size_t index = first_++ % size();
            channel::message got;
            if (channels_[index].try_receive(got)) {
                kept_.emplace_back(index, std::get<1>(got));
            }
        }
        return !kept_.empty();
    }

    /// In the order in which they came. That a channel is closed counts only where nothing came.
    template <class Order, class Messages>
    void keep(const Order& order, const Messages& messages) {
        std::optional<std::size_t> closed;
        for (const std::size_t index : order) {
            const auto& [error, value] = messages[index];
            if (!error) {
                kept_.emplace_back(index, value);
            } else if (error == asio::experimental::error::channel_closed) {
                closed = index;
            }
        }
        if (closed && kept_.empty()) {
            kept_.emplace_back(*closed, std::nullopt);
        }
    }

    received take_kept() {
        const received got = kept_.front();
        kept_.pop_front();
        return got;
    }

    std::vector<channel> channels_;
    strand here_;
    std::deque<received> kept_;
    std::size_t first_ = 0;
};

/// `Group` is as channel_group.
template <class Group>
class coroutine_select {
public:
    explicit coroutine_select(const suite::settings& run)
        : selects_(static_cast<std::uint64_t>(run.operations)),
          tasks_(static_cast<std::size_t>(run.number("tasks", 1))),
          width_(static_cast<std::size_t>(run.number("channels", 2))),
          mode_(suite::channel::select_mode_of(run)) {}

    std::uint64_t repeat(suite::meter& stopwatch) { return run_to_end(all_selects(stopwatch)); }

private:
    using select_mode = suite::channel::select_mode;
    using selected = suite::channel::selected;

    // Long enough for any machine that is not broken.
    static constexpr std::chrono::minutes patience{10};

    std::uint64_t share(std::size_t of_task) const {
        return suite::share_of(selects_, tasks_, of_task);
    }

    std::size_t producers() const {
        const bool fed = mode_ != select_mode::ready && mode_ != select_mode::otherwise;
        return fed ? tasks_ : 0;
    }

    task<std::uint64_t> all_selects(suite::meter& stopwatch) {
        channel done(0);
        std::vector<Group> groups = make_groups(done);
        std::vector<selected> results(tasks_, selected(width_));
        wait_group sent;
        wait_group received;
        sent.add(producers());
        received.add(tasks_);
        if (mode_ == select_mode::ready) {
            co_await fill_all(groups);
        }
        stopwatch.start();
        for (std::size_t each = 0; each < tasks_; ++each) {
            start_in(groups[each].where(),
                     receive(groups[each], share(each), results[each], received));
        }
        for (std::size_t each = 0; each < producers(); ++each) {
            start(send_at_random(groups[each], share(each), each, sent));
        }
        if (mode_ == select_mode::done) {
            co_await sent.wait();
            done.close();
        }
        co_await received.wait();
        stopwatch.stop();
        if (producers() > 0 && mode_ != select_mode::done) {
            co_await sent.wait();
        }
        co_await check(groups, results);
        co_return selects_;
    }

    /// One slot where a message waits in each channel, none where the producer waits for a select.
    std::vector<Group> make_groups(const channel& done) const {
        std::vector<Group> groups;
        for (std::size_t each = 0; each < tasks_; ++each) {
            std::vector<channel> channels;
            for (std::size_t index = 0; index < width_; ++index) {
                channels.emplace_back(producers() == 0 ? 1 : 0);
            }
            if (mode_ == select_mode::done) {
                channels.back() = done;
            }
            groups.emplace_back(std::move(channels));
        }
        return groups;
    }

    static task<> fill_all(std::vector<Group>& groups) {
        for (Group& group : groups) {
            for (std::size_t index = 0; index < group.size(); ++index) {
                co_await group[index].send(suite::channel::message::make(index, 1));
            }
        }
    }

    strand_task<> receive(Group& group, std::uint64_t count, selected& result,
                          wait_group& all_received) const {
        co_await queued();
        selected own = result;  // in the task's own frame, as in throughput
        switch (mode_) {
            case select_mode::ready:
                co_await receive_and_refill(group, count, own);
                break;
            case select_mode::otherwise:
                for (std::uint64_t time = 0; time < count; ++time) {
                    own.disordered += group.try_receive_any().first < width_ ? 1 : 0;
                }
                break;
            case select_mode::done:
                co_await receive_until_done(group, own);
                break;
            case select_mode::empty:
                for (std::uint64_t time = 0; time < count; ++time) {
                    own.take(co_await group.receive_any());
                }
                break;
            case select_mode::timeout:
                while (count > 0) {
                    const received got = co_await group.receive_any_for(patience);
                    own.take(got);
                    count -= got.second ? 1 : 0;  // who gave up has to wait again
                }
                break;
        }
        result = std::move(own);
        all_received.done();
    }

    /// Every message goes back to its channel with the next number, so that all stay ready.
    static strand_task<> receive_and_refill(Group& group, std::uint64_t count, selected& own) {
        for (std::uint64_t time = 0; time < count; ++time) {
            const received got = co_await group.receive_any();
            own.take(got);
            if (got.first < group.size() && got.second) {
                co_await group[got.first].send(*got.second + 1);
            }
        }
    }

    static strand_task<> receive_until_done(Group& group, selected& own) {
        for (;;) {
            const received got = co_await group.receive_any();
            if (!got.second) {
                own.disordered += got.first != group.size() - 1 ? 1 : 0;
                co_return;
            }
            own.take(got);
        }
    }

    task<> send_at_random(Group& group, std::uint64_t count, std::uint64_t seed,
                          wait_group& all_sent) const {
        co_await queued();
        const std::size_t used = mode_ == select_mode::done ? width_ - 1 : width_;
        std::vector<std::uint64_t> sent(used);
        for (std::uint64_t time = 0; time < count; ++time) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            const std::size_t index = (seed >> 33) % used;
            co_await group[index].send(suite::channel::message::make(index, ++sent[index]));
        }
        all_sent.done();
    }

    /// Where nobody sends, the channels are looked at once more: each must hold its next message.
    task<> check(std::vector<Group>& groups, std::vector<selected>& results) const {
        if (mode_ == select_mode::otherwise) {
            co_await fill_all(groups);
        }
        for (std::size_t each = 0; each < tasks_; ++each) {
            std::uint64_t count = mode_ == select_mode::otherwise ? 0 : share(each);
            if (producers() == 0) {
                for (std::size_t index = 0; index < width_; ++index) {
                    results[each].take(groups[each].try_receive_any());
                }
                count += width_;
            }
            results[each].check(count);
        }
    }

    std::uint64_t selects_;
    std::size_t tasks_;
    std::size_t width_;
    select_mode mode_;
};

}  // namespace contender
