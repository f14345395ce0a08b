#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include <gtest/gtest.h>
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace weft {
namespace {

using sched::repeated;

constexpr std::size_t capacities[] = {0, 1, 2, 3, 16, 128};

class chan_stress_test : public sched::at_procs {};

struct message {
    int producer = 0;
    int number = 0;
};

/// What one consumer has seen: of each producer, numbers that only grow.
class ledger {
public:
    explicit ledger(int producers) : last_(static_cast<std::size_t>(producers), -1) {}
    void note(message m) {
        int& last = last_[static_cast<std::size_t>(m.producer)];
        ASSERT_GT(m.number, last) << "out of order, or twice";
        last = m.number;
        sum_ += m.number;
        ++count_;
    }
    std::int64_t sum() const { return sum_; }
    int count() const { return count_; }

private:
    std::vector<int> last_;
    std::int64_t sum_ = 0;
    int count_ = 0;
};

void exchange(std::size_t cap, int producers, int consumers, int each) {
    const auto ch = make_chan<message>(cap);
    wait_group sending;
    wait_group receiving;
    std::vector<ledger> ledgers(static_cast<std::size_t>(consumers), ledger(producers));
    for (ledger& mine : ledgers) {
        receiving.go([&ch, &mine] {
            for (message m : ch) {
                mine.note(m);
            }
        });
    }
    for (int p = 0; p < producers; ++p) {
        sending.go([&ch, p, each] {
            for (int i = 0; i < each; ++i) {
                ch.send({p, i});
            }
        });
    }
    sending.wait();
    ch.close();
    receiving.wait();
    std::int64_t sum = 0;
    int count = 0;
    for (const ledger& mine : ledgers) {
        sum += mine.sum();
        count += mine.count();
    }
    EXPECT_EQ(count, producers * each);
    EXPECT_EQ(sum, std::int64_t{producers} * each * (each - 1) / 2);
}

TEST_P(chan_stress_test, many_producers_and_consumers_lose_and_reorder_nothing) {
    in_run([] {
        for (const std::size_t cap : capacities) {
            exchange(cap, 4, 4, repeated(2000));
            exchange(cap, 1, 4, repeated(2000));
            exchange(cap, 4, 1, repeated(2000));
        }
    });
}

TEST_P(chan_stress_test, many_workers_range_over_one_channel) {
    in_run([] { exchange(128, 1, 23, repeated(30'000)); });
}

TEST_P(chan_stress_test, threads_and_goroutines_share_a_channel) {
    in_run([] {
        for (const std::size_t cap : {0U, 2U, 64U}) {
            const auto ch = make_chan<int>(cap);
            const int each = repeated(500);
            std::atomic<std::int64_t> sum{0};
            wait_group sending;
            wait_group receiving;
            std::vector<std::thread> threads;
            const auto produce = [&ch, each] {
                for (int i = 1; i <= each; ++i) {
                    ch.send(i);
                }
            };
            const auto consume = [&ch, &sum] {
                for (int v : ch) {
                    sum += v;
                }
            };
            sending.add(2);
            receiving.add(1);
            for (int i = 0; i < 2; ++i) {
                threads.emplace_back([&] {
                    produce();
                    sending.done();
                });
                sending.go(produce);
                receiving.go(consume);
            }
            threads.emplace_back([&] {
                consume();
                receiving.done();
            });
            sending.wait();
            ch.close();
            receiving.wait();
            EXPECT_EQ(sum, std::int64_t{4} * each * (each + 1) / 2);
            blocking([&threads] {
                for (std::thread& t : threads) {
                    t.join();
                }
            });
        }
    });
}

TEST_P(chan_stress_test, non_blocking_operations_lose_nothing) {
    in_run([] {
        for (const std::size_t cap : capacities) {
            const auto ch = make_chan<int>(cap);
            const int count = repeated(2000);
            std::atomic<std::int64_t> sum{0};
            wait_group all;
            all.go([&] {
                for (int i = 1; i <= count; ++i) {
                    int v = i;
                    while (!ch.try_send(v)) {
                        yield();
                    }
                }
                ch.close();
            });
            // With no buffer two sides that never wait never meet: one of them must.
            all.go([&, cap] {
                int v = 0;
                for (bool open = true; open;) {
                    if (cap == 0) {
                        const std::optional<int> got = ch.recv();
                        open = got.has_value();
                        sum += got.value_or(0);
                        continue;
                    }
                    switch (ch.try_recv(v)) {
                        case recv_status::success:
                            sum += v;
                            break;
                        case recv_status::empty:
                            yield();
                            break;
                        case recv_status::closed:
                            open = false;
                            break;
                    }
                }
            });
            all.wait();
            EXPECT_EQ(sum, std::int64_t{count} * (count + 1) / 2);
        }
    });
}

TEST_P(chan_stress_test, a_channel_with_a_value_or_closed_is_never_found_empty) {
    in_run([] {
        const int rounds = repeated(10'000);
        for (int i = 0; i < rounds; ++i) {
            const auto ch = make_chan<int>(1);
            ch.send(1);
            wait_group all;
            all.go([ch] { ch.close(); });
            int v = 0;
            ASSERT_NE(ch.try_recv(v), recv_status::empty);
            all.wait();
        }
    });
}

TEST_P(chan_stress_test, close_races_with_senders_and_receivers) {
    in_run([] {
        for (int round = 0; round < repeated(500); ++round) {
            const auto ch = make_chan<int>(static_cast<std::size_t>(round % 3));
            std::atomic<int> sent{0};
            std::atomic<int> received{0};
            wait_group all;
            for (int i = 0; i < 3; ++i) {
                all.go([&] {
                    try {
                        while (true) {
                            ch.send(1);
                            ++sent;
                        }
                    } catch (const panic&) {
                    }
                });
                all.go([&] {
                    while (ch.recv()) {
                        ++received;
                    }
                });
            }
            for (int i = 0; i < round % 7; ++i) {
                yield();
            }
            ch.close();
            all.wait();
            ASSERT_EQ(sent, received);
        }
    });
}

TEST_P(chan_stress_test, requests_and_answers_stay_together) {
    in_run([] {
        constexpr int clients = 20;
        struct request {
            int question = 0;
            chan<int> answer;
        };
        const auto requests = make_chan<request>();
        for (int i = 0; i < 3; ++i) {
            go([requests] {
                for (const request& each : requests) {
                    each.answer.send(each.question * 2);
                }
            });
        }
        wait_group all;
        for (int c = 0; c < clients; ++c) {
            all.go([requests, c] {
                const auto answer = make_chan<int>();
                for (int i = 0; i < repeated(500); ++i) {
                    requests.send({c * 1000 + i, answer});
                    ASSERT_EQ(answer.recv(), 2 * (c * 1000 + i));
                }
            });
        }
        all.wait();
        requests.close();
    });
}

INSTANTIATE_TEST_SUITE_P(procs, chan_stress_test, sched::processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft
