// channel/select: tasks receive from whichever of several channels comes first.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "suites/channel/throughput.hpp"
#include "suites/kit/check.hpp"
#include "suites/kit/share.hpp"
#include "suites/kit/workload.hpp"

namespace suite::channel {

enum class select_mode { ready, empty, otherwise, timeout, done };

inline select_mode select_mode_of(const settings& run) {
    constexpr std::array modes{
        std::pair{"ready", select_mode::ready}, std::pair{"empty", select_mode::empty},
        std::pair{"default", select_mode::otherwise}, std::pair{"timeout", select_mode::timeout},
        std::pair{"done", select_mode::done}};
    for (const auto& [name, mode] : modes) {
        if (run.text("mode") == name) {
            return mode;
        }
    }
    throw usage_error("mode is ready, empty, default, timeout or done, not " + run.text("mode"));
}

/// What a task got from its selects: a message is made of its channel and its number there, so a
/// tally of producers is one of channels.
struct selected : tally {
    using tally::tally;

    void take(const received<std::uint64_t>& got) {
        if (!got.second || message::producer(*got.second) != got.first) {
            ++disordered;
        } else {
            tally::take(*got.second);
        }
    }

    /// Nothing may be missing between the first number of a channel and its last.
    void check(std::uint64_t wanted) const {
        std::uint64_t numbers = 0;
        for (const std::uint64_t each : last) {
            numbers += each;
        }
        require_equal(disordered, std::uint64_t{0}, "messages out of order or of another channel");
        require_equal(count, wanted, "messages that one task selected");
        require_equal(numbers, wanted, "numbers of the channels' last messages");
    }
};

template <class C>
requires has_tasks<C> && has_selects<C>
class select {
public:
    explicit select(const settings& run)
        : selects_(static_cast<std::uint64_t>(run.operations)),
          tasks_(static_cast<std::size_t>(run.number("tasks", 1))),
          mode_(select_mode_of(run)),
          repeat_(choose(run.number("channels"))) {}

    std::uint64_t repeat(meter& stopwatch) { return (this->*repeat_)(stopwatch); }

private:
    using channel = decltype(C::template make_channel<std::uint64_t>(0));
    using repeat_function = std::uint64_t (select::*)(meter&);
    template <std::size_t N>
    using channels = std::array<channel, N>;

    // Long enough for any machine that is not broken.
    static constexpr std::chrono::minutes patience{10};

    static repeat_function choose(std::int64_t count) {
        switch (count) {
            case 2:
                return &select::repeat_over<2>;
            case 4:
                return &select::repeat_over<4>;
            case 16:
                return &select::repeat_over<16>;
            case 64:
                return &select::repeat_over<64>;
            default:
                throw usage_error("channels is 2, 4, 16 or 64");
        }
    }

    /// One slot where a message waits in each channel, none where the producer waits for a select.
    template <std::size_t N>
    channels<N> make_channels() const {
        const std::size_t slots = producers() == 0 ? 1 : 0;
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return channels<N>{
                (static_cast<void>(I), C::template make_channel<std::uint64_t>(slots))...};
        }
        (std::make_index_sequence<N>{});
    }

    template <std::size_t N>
    std::uint64_t repeat_over(meter& stopwatch) {
        auto done = C::template make_channel<std::uint64_t>(0);
        std::vector<channels<N>> sets = make_sets<N>(done);
        std::vector<selected> results(tasks_, selected(N));
        typename C::wait_group sent;
        typename C::wait_group received;
        sent.add(static_cast<std::int64_t>(producers()));
        received.add(static_cast<std::int64_t>(tasks_));
        stopwatch.start();
        for (std::size_t task = 0; task < tasks_; ++task) {
            C::spawn([this, task, &set = sets[task], &result = results[task], &received] {
                selected own = result;  // on the task's own stack, as in throughput
                receive(set, share_of(selects_, tasks_, task), own);
                result = std::move(own);
                received.done();
            });
        }
        for (std::size_t task = 0; task < producers(); ++task) {
            C::spawn([this, task, set = sets[task], &sent]() mutable {
                send_at_random(set, share_of(selects_, tasks_, task), task);
                sent.done();
            });
        }
        if (mode_ == select_mode::done) {
            sent.wait();
            done.close();
        }
        received.wait();
        stopwatch.stop();
        sent.wait();
        for (std::size_t task = 0; task < tasks_; ++task) {
            check(sets[task], results[task], share_of(selects_, tasks_, task));
        }
        return selects_;
    }

    std::size_t producers() const {
        const bool fed = mode_ != select_mode::ready && mode_ != select_mode::otherwise;
        return fed ? tasks_ : 0;
    }

    template <std::size_t N>
    std::vector<channels<N>> make_sets(const channel& done) const {
        std::vector<channels<N>> sets;
        for (std::size_t task = 0; task < tasks_; ++task) {
            sets.push_back(make_channels<N>());
            if (mode_ == select_mode::ready) {
                fill(sets.back(), 1);
            } else if (mode_ == select_mode::done) {
                sets.back().back() = done;
            }
        }
        return sets;
    }

    template <std::size_t N>
    static void fill(channels<N>& set, std::uint64_t number) {
        for (std::size_t index = 0; index < N; ++index) {
            set[index].send(message::make(index, number));
        }
    }

    template <std::size_t N>
    void receive(channels<N>& set, std::uint64_t count, selected& own) const {
        switch (mode_) {
            case select_mode::ready:
                return receive_and_refill(set, count, own);
            case select_mode::otherwise:
                return find_nothing(set, count, own);
            case select_mode::done:
                return receive_until_done(set, own);
            case select_mode::empty:
                for (std::uint64_t time = 0; time < count; ++time) {
                    own.take(C::recv_any(set));
                }
                return;
            case select_mode::timeout:
                for (std::uint64_t time = 0; time < count; ++time) {
                    own.take(C::recv_any_for(set, patience));
                }
                return;
        }
    }

    /// Every message goes back to its channel with the next number, so that all stay ready.
    template <std::size_t N>
    static void receive_and_refill(channels<N>& set, std::uint64_t count, selected& own) {
        for (std::uint64_t time = 0; time < count; ++time) {
            const received<std::uint64_t> got = C::recv_any(set);
            own.take(got);
            if (got.first < N && got.second) {
                set[got.first].send(*got.second + 1);
            }
        }
    }

    template <std::size_t N>
    static void find_nothing(channels<N>& set, std::uint64_t count, selected& own) {
        for (std::uint64_t time = 0; time < count; ++time) {
            own.disordered += C::try_recv_any(set).first < N ? 1 : 0;
        }
    }

    template <std::size_t N>
    static void receive_until_done(channels<N>& set, selected& own) {
        for (;;) {
            const received<std::uint64_t> got = C::recv_any(set);
            if (!got.second) {
                own.disordered += got.first != N - 1 ? 1 : 0;
                return;
            }
            own.take(got);
        }
    }

    template <std::size_t N>
    void send_at_random(channels<N>& set, std::uint64_t count, std::uint64_t seed) const {
        const std::uint64_t used = mode_ == select_mode::done ? N - 1 : N;
        std::array<std::uint64_t, N> sent{};
        for (std::uint64_t time = 0; time < count; ++time) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            const std::size_t index = (seed >> 33) % used;
            set[index].send(message::make(index, ++sent[index]));
        }
    }

    /// Where nobody sends, the channels are looked at once more: each must hold its next message.
    template <std::size_t N>
    void check(channels<N>& set, selected& own, std::uint64_t count) const {
        if (mode_ == select_mode::otherwise) {
            fill(set, 1);
            count = 0;
        }
        if (producers() == 0) {
            for (std::size_t index = 0; index < N; ++index) {
                own.take(C::try_recv_any(set));
            }
            count += N;
        }
        own.check(count);
    }

    std::uint64_t selects_;
    std::size_t tasks_;
    select_mode mode_;
    repeat_function repeat_;
};

struct select_workload {
    static constexpr std::array<std::string_view, 3> parameters{"mode", "channels", "tasks"};
    static constexpr workload_info info{.id = "channel/select",
                                        .version = 1,
                                        .source = "suites/channel/select.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::selects};
    template <class C>
    using body = select<C>;
};

}  // namespace suite::channel
